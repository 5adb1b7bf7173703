# syntax=docker/dockerfile:1
# One image for every role: docker run fog-rollouts worker|watcher|api|all. It has kubectl-fog too, which needs a kubectl.
#
# glibc (bookworm), because Temporal's native core is built against it: no Alpine. The sources run as they are, by
# Node's type stripping; only the workflow bundle and kubectl fog are made beforehand.
# With a digest (NODE_IMAGE=node:24-bookworm-slim@sha256:…) it is the same base next year, too; releases are made so.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package of production needs its install script.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts
COPY scripts/bundle.ts scripts/bundle-command.ts scripts/
COPY workers/bundle.ts workers/
COPY encryption encryption
COPY tracing tracing
COPY model model
COPY workflows workflows
COPY kube kube
COPY cli cli
RUN node scripts/bundle.ts dist/workflow-bundle.cjs && node scripts/bundle-command.ts dist/kubectl-fog.mjs
# After the bundles, because making them needs some of what goes: cores of other platforms and the core's Rust sources, the
# native compiler of the bundler, and what only editors and debuggers read; texts of licences stay. 424 MB become 170 MB. This
# stage runs on the target's own architecture, so uname says which core stays.
RUN cd node_modules/@temporalio/core-bridge \
    && core="$(uname -m)-unknown-linux-gnu" \
    && test -f "releases/${core}/index.node" \
    && find releases -mindepth 1 -maxdepth 1 ! -name "${core}" -exec rm -rf {} + \
    && rm -rf src bridge-macros ts scripts Cargo.toml Cargo.lock \
    && find sdk-core -type f ! -iname '*licen[cs]e*' ! -iname '*notice*' ! -iname 'copying*' -delete \
    && find sdk-core -type d -empty -delete \
    && cd /app \
    && rm -rf node_modules/@swc/core-* \
    && find node_modules -type f \
        \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) \
        ! -iname '*licen[cs]e*' ! -iname '*notice*' ! -iname 'copying*' -delete \
    && node -e "require('@temporalio/worker')"
# Of what is there now. npm would call devDependencies missing, and by --omit=dev it leaves out what the others share with them.
RUN npm pkg delete devDependencies \
    && npm sbom --sbom-format=cyclonedx --sbom-type=application > dist/sbom.cdx.json

# The page for browsers. What it is made with is for development, and has no business in the image. It is the same on every
# architecture, so it is made on the one that builds.
FROM --platform=${BUILDPLATFORM} ${NODE_IMAGE} AS page
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY scripts/bundle-page.ts scripts/
COPY tsconfig.json ./
COPY model model
COPY page page
RUN node scripts/bundle-page.ts dist/page

FROM ${NODE_IMAGE}
ARG NODE_IMAGE
ARG VERSION=0.2.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="fog-rollouts" \
      org.opencontainers.image.description="Rolls applications out across cloud, fog and edge layers of Kubernetes, durably, on Temporal" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${NODE_IMAGE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Package managers have no business in a running image.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=page /app/dist/page dist/page
COPY package.json LICENSE ./
COPY model model
COPY kube kube
COPY workflows workflows
COPY activities activities
COPY observed observed
COPY workers workers
COPY encryption encryption
COPY signing signing
COPY tracing tracing
COPY watcher watcher
COPY api api
COPY crds crds
COPY entry entry
# The command looks for its CRDs beside the folder it is in.
RUN ln -s /app/dist/kubectl-fog.mjs /usr/local/bin/kubectl-fog
ENV NODE_ENV=production \
    FOG_ROLLOUTS_WORKFLOW_BUNDLE=/app/dist/workflow-bundle.cjs
# The image's own user `node`, by number, so that Kubernetes can tell it is not root. All files stay root's: the process
# cannot change its own code.
USER 1000:1000
EXPOSE 8080
# No init (tini): every role handles SIGTERM itself and starts no process that would be left to reap.
# No HEALTHCHECK: Kubernetes does not read it, its probes ask /healthz and /readyz.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--max-old-space-size=2000", "--stack-trace-limit=1", "/app/entry/fog-rollouts.ts"]
