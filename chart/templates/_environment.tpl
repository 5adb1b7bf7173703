{{/* Takes {name, secret, key}: one variable from a Secret that exists; nothing when no Secret is named. */}}
{{- define "fog-rollouts.secretEnv" -}}
{{- if .secret }}
- name: {{ .name }}
  valueFrom:
    secretKeyRef: {name: {{ .secret | quote }}, key: {{ .key | quote }}}
{{- end }}
{{- end }}

{{/* host:port of Temporal. */}}
{{- define "fog-rollouts.temporalAddress" -}}
{{- if .Values.temporal.embedded.enabled -}}
{{ include "fog-rollouts.name" (dict "root" . "role" "temporal") }}.{{ .Release.Namespace }}:7233
{{- else -}}
{{ required "temporal.address is not set: give the host:port of a Temporal frontend, for example --set temporal.address=temporal-frontend.temporal:7233, or have one of the release's own, for trying out, with --set temporal.embedded.enabled=true" .Values.temporal.address }}
{{- end -}}
{{- end }}

{{/* How a role reaches Temporal, by the names that @temporalio/envconfig reads. */}}
{{- define "fog-rollouts.temporalEnv" -}}
{{- $temporal := .Values.temporal }}
- name: TEMPORAL_ADDRESS
  value: {{ include "fog-rollouts.temporalAddress" . | quote }}
- name: TEMPORAL_NAMESPACE
  value: {{ $temporal.namespace | quote }}
{{- if $temporal.tls.enabled }}
- name: TEMPORAL_TLS
  value: "true"
{{- end }}
{{- with $temporal.tls.serverName }}
- name: TEMPORAL_TLS_SERVER_NAME
  value: {{ . | quote }}
{{- end }}
{{- include "fog-rollouts.secretEnv" (dict "name" "TEMPORAL_API_KEY" "secret" $temporal.apiKey.secretName "key" $temporal.apiKey.key) }}
{{- include "fog-rollouts.secretEnv" (dict "name" "TEMPORAL_TLS_SERVER_CA_CERT_DATA" "secret" $temporal.tls.ca.secretName "key" $temporal.tls.ca.key) }}
{{- include "fog-rollouts.secretEnv" (dict "name" "TEMPORAL_TLS_CLIENT_CERT_DATA" "secret" $temporal.tls.client.secretName "key" $temporal.tls.client.certKey) }}
{{- include "fog-rollouts.secretEnv" (dict "name" "TEMPORAL_TLS_CLIENT_KEY_DATA" "secret" $temporal.tls.client.secretName "key" $temporal.tls.client.keyKey) }}
{{- end }}

{{/* Where a region worker finds the kubeconfigs of its sites' clusters. */}}
{{- define "fog-rollouts.kubeconfigsFolder" -}}
/etc/fog-rollouts/kubeconfigs
{{- end }}

{{/* Where every role finds the keys that payloads are encrypted with. */}}
{{- define "fog-rollouts.payloadKeysFolder" -}}
/etc/fog-rollouts/payload-keys
{{- end }}

{{/* Where roles of the hub find what they sign with, and workers the public keys of those whose work they do. */}}
{{- define "fog-rollouts.signingFolder" -}}
/etc/fog-rollouts/signing
{{- end }}
{{- define "fog-rollouts.trustedKeysFolder" -}}
/etc/fog-rollouts/trusted-keys
{{- end }}

{{/* Where the watcher finds who is notified, and beside it the Secrets for that. */}}
{{- define "fog-rollouts.notificationsFolder" -}}
/etc/fog-rollouts/notifications
{{- end }}

{{/* The keys of Secrets that sinks name, as a list of {secret, key}, each once. */}}
{{- define "fog-rollouts.notificationSecrets" -}}
{{- $refs := list }}
{{- range .Values.notifications.sinks }}
{{- $refs = concat $refs (list .url .bearer) (default (list) .signing) (values (default (dict) .headers)) }}
{{- end }}
{{- $keys := list }}
{{- range $refs }}
{{- if kindIs "map" . }}{{ $keys = append $keys (pick . "secret" "key") }}{{ end }}
{{- end }}
{{- toYaml (uniq $keys) }}
{{- end }}

{{/* Takes {root, role}; each says something where it is so. */}}
{{- define "fog-rollouts.notifies" -}}
{{- if and (eq .role "watcher") .root.Values.notifications.sinks }}yes{{ end }}
{{- end }}
{{- define "fog-rollouts.signs" -}}
{{- if and (has .role (list "api" "watcher" "worker")) .root.Values.signing.secretName }}yes{{ end }}
{{- end }}
{{- define "fog-rollouts.trusts" -}}
{{- if and (has .role (list "region" "worker")) .root.Values.signing.trustedKeys }}yes{{ end }}
{{- end }}

{{/* Takes {root, role}: says something where the role sends traces. */}}
{{- define "fog-rollouts.traces" -}}
{{- if and (has .role (list "worker" "region")) .root.Values.tracing.endpoint }}yes{{ end }}
{{- end }}

{{/* Takes {root, role}: how it sends traces, by the names that OpenTelemetry has. */}}
{{- define "fog-rollouts.tracingEnv" -}}
{{- $tracing := .root.Values.tracing }}
{{- if and $tracing.headers.secretName (not $tracing.endpoint) }}
{{- fail "tracing.headers.secretName goes with traces, but tracing.endpoint, where they go, is not set" }}
{{- end }}
{{- if include "fog-rollouts.traces" . }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ $tracing.endpoint | quote }}
{{- include "fog-rollouts.secretEnv" (dict "name" "OTEL_EXPORTER_OTLP_HEADERS" "secret" $tracing.headers.secretName "key" $tracing.headers.key) }}
{{- if lt ($tracing.ratio | float64) 1.0 }}
- name: OTEL_TRACES_SAMPLER
  value: traceidratio
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ $tracing.ratio | quote }}
{{- end }}
{{- end }}
{{- if and (eq .role "api") $tracing.urlTemplate }}
- name: FOG_ROLLOUTS_TRACE_URL
  value: {{ $tracing.urlTemplate | quote }}
{{- end }}
{{- end }}

{{/* Takes {root, role}. */}}
{{- define "fog-rollouts.env" -}}
- name: FOG_ROLLOUTS_PORT
  value: "8080"
- name: FOG_ROLLOUTS_LOG_LEVEL
  value: {{ .root.Values.logLevel | quote }}
{{- if eq .role "watcher" }}
- name: FOG_ROLLOUTS_LEASE_NAMESPACE
  value: {{ .root.Release.Namespace | quote }}
{{- end }}
{{- if include "fog-rollouts.notifies" . }}
- name: FOG_ROLLOUTS_NOTIFICATIONS
  value: {{ include "fog-rollouts.notificationsFolder" . }}/notifications.yaml
{{- end }}
{{- if and (has .role (list "worker" "watcher")) .root.Values.sites.kubeconfigSecrets.enabled }}
- name: FOG_ROLLOUTS_KUBECONFIG_NAMESPACE
  value: {{ .root.Values.sites.kubeconfigSecrets.namespace | quote }}
{{- with .root.Values.sites.kubeconfigSecrets.hosts }}
- name: FOG_ROLLOUTS_CLUSTER_HOSTS
  value: {{ join "," . | quote }}
{{- end }}
{{- with .root.Values.sites.kubeconfigSecrets.onlyHosts }}
- name: FOG_ROLLOUTS_CLUSTER_ONLY_HOSTS
  value: {{ join "," . | quote }}
{{- end }}
{{- end }}
{{- if eq .role "api" }}
{{- with .root.Values.temporal.uiUrl }}
- name: FOG_ROLLOUTS_TEMPORAL_UI_URL
  value: {{ . | quote }}
{{- end }}
{{- with .root.Values.api }}
{{- if .actions.enabled }}
- name: FOG_ROLLOUTS_API_ACTIONS
  value: kubernetes
{{- end }}
{{- if .reads.authenticated }}
- name: FOG_ROLLOUTS_API_READS
  value: kubernetes
{{- end }}
{{- if and .actions.audience (or .actions.enabled .reads.authenticated) }}
- name: FOG_ROLLOUTS_API_AUDIENCE
  value: {{ .actions.audience | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- if eq .role "worker" }}
{{- with .root.Values.gates.hosts }}
- name: FOG_ROLLOUTS_GATE_HOSTS
  value: {{ join "," . | quote }}
{{- end }}
{{- with .root.Values.gates.taskQueues }}
- name: FOG_ROLLOUTS_GATE_TASK_QUEUES
  value: {{ join "," . | quote }}
{{- end }}
{{- end }}
{{- if eq .role "region" }}
- name: FOG_ROLLOUTS_QUEUE
  value: {{ .root.Values.region.queue | quote }}
{{- if .root.Values.region.kubeconfigs.secretName }}
- name: FOG_ROLLOUTS_KUBECONFIGS
  value: {{ include "fog-rollouts.kubeconfigsFolder" .root }}
{{- end }}
{{- end }}
{{- with .root.Values.encryption }}
{{- if and .current (not .secretName) }}
{{- fail "encryption.current is the id of a key, but encryption.secretName, the Secret with the keys, is not set" }}
{{- end }}
{{- if .secretName }}
- name: FOG_ROLLOUTS_PAYLOAD_KEYS
  value: {{ include "fog-rollouts.payloadKeysFolder" $.root }}
{{- with .current }}
- name: FOG_ROLLOUTS_PAYLOAD_KEY
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- if include "fog-rollouts.signs" . }}
- name: FOG_ROLLOUTS_SIGNING_KEY
  value: {{ include "fog-rollouts.signingFolder" . }}/{{ .root.Values.signing.key }}
{{- end }}
{{- if include "fog-rollouts.trusts" . }}
- name: FOG_ROLLOUTS_TRUSTED_KEYS
  value: {{ include "fog-rollouts.trustedKeysFolder" . }}
{{- end }}
{{- include "fog-rollouts.tracingEnv" . }}
{{- if eq .role "codec-server" }}
{{- include "fog-rollouts.secretEnv" (dict "name" "FOG_ROLLOUTS_CODEC_TOKEN" "secret" .root.Values.codecServer.token.secretName "key" .root.Values.codecServer.token.key) }}
{{- with .root.Values.codecServer.origins }}
- name: FOG_ROLLOUTS_CODEC_ORIGINS
  value: {{ join "," . | quote }}
{{- end }}
{{- else }}
{{ include "fog-rollouts.temporalEnv" .root | trim }}
{{- end }}
{{- end }}
