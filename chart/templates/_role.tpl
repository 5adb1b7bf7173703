{{/* Takes {root, role}, and values where these are not called as the role is: ServiceAccount, Deployment and PodDisruptionBudget of a role. */}}
{{- define "fog-rollouts.role" -}}
{{- $root := .root }}
{{- $values := default (index $root.Values .role) .values }}
{{- $pods := mergeOverwrite (deepCopy $root.Values.pods) (deepCopy $values) }}
{{- $kubeconfigs := dig "kubeconfigs" "secretName" "" $values }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "fog-rollouts.metadata" . | nindent 2 }}
  namespace: {{ $root.Release.Namespace }}
  {{- with $pods.serviceAccountAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "fog-rollouts.metadata" . | nindent 2 }}
  namespace: {{ $root.Release.Namespace }}
spec:
  replicas: {{ $values.replicas }}
  selector:
    matchLabels:
      {{- include "fog-rollouts.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- /* What selects a pod is not a user's to change. */}}
        {{- toYaml (mergeOverwrite (deepCopy $pods.labels) (include "fog-rollouts.selector" . | fromYaml)) | nindent 8 }}
        app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
      {{- $annotations := deepCopy $pods.annotations }}
      {{- if and $root.Values.metrics.annotations (not $root.Values.metrics.podMonitor.enabled) }}
      {{- $annotations = merge $annotations (dict "prometheus.io/scrape" "true" "prometheus.io/port" "8080" "prometheus.io/path" "/metrics") }}
      {{- end }}
      {{- if include "fog-rollouts.trusts" . }}
      {{- /* Keys are read at the start: others are other pods. */}}
      {{- $annotations = merge $annotations (dict "checksum/trusted-keys" (toJson $root.Values.signing.trustedKeys | sha256sum)) }}
      {{- end }}
      {{- with $annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "fog-rollouts.name" . }}
      automountServiceAccountToken: {{ dig "ownCluster" true $values }}
      # Without this a Service's address would arrive as FOG_ROLLOUTS_API_PORT and the like.
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      securityContext:
        {{- toYaml $pods.podSecurityContext | nindent 8 }}
      {{- with include "fog-rollouts.pullSecrets" $root | fromYamlArray }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $pods.priorityClassName }}
      priorityClassName: {{ . | quote }}
      {{- end }}
      {{- with $pods.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $pods.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $pods.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        {{- with $pods.topologySpreadConstraints }}
        {{- toYaml . | nindent 8 }}
        {{- else }}
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "fog-rollouts.selector" $ | nindent 14 }}
        {{- end }}
      containers:
        - name: {{ .role }}
          image: {{ include "fog-rollouts.image" $root | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: [{{ .role }}]
          env:
            {{- include "fog-rollouts.env" . | nindent 12 }}
            {{- with $pods.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - {name: http, containerPort: 8080, protocol: TCP}
          startupProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 5
            timeoutSeconds: 3
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- toYaml $pods.securityContext | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            {{- if $root.Values.encryption.secretName }}
            - {name: payload-keys, mountPath: {{ include "fog-rollouts.payloadKeysFolder" $root }}, readOnly: true}
            {{- end }}
            {{- if include "fog-rollouts.signs" . }}
            - {name: signing, mountPath: {{ include "fog-rollouts.signingFolder" . }}, readOnly: true}
            {{- end }}
            {{- if include "fog-rollouts.trusts" . }}
            - {name: trusted-keys, mountPath: {{ include "fog-rollouts.trustedKeysFolder" . }}, readOnly: true}
            {{- end }}
            {{- if $kubeconfigs }}
            - {name: kubeconfigs, mountPath: {{ include "fog-rollouts.kubeconfigsFolder" $root }}, readOnly: true}
            {{- end }}
            {{- with $pods.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        {{- with $root.Values.encryption.secretName }}
        - name: payload-keys
          secret: {secretName: {{ . | quote }}}
        {{- end }}
        {{- if include "fog-rollouts.signs" . }}
        - name: signing
          secret:
            secretName: {{ $root.Values.signing.secretName | quote }}
            items: [{key: {{ $root.Values.signing.key | quote }}, path: {{ $root.Values.signing.key | quote }}}]
        {{- end }}
        {{- if include "fog-rollouts.trusts" . }}
        - name: trusted-keys
          configMap: {name: {{ include "fog-rollouts.name" . }}}
        {{- end }}
        {{- if $kubeconfigs }}
        - name: kubeconfigs
          secret: {secretName: {{ $kubeconfigs | quote }}}
        {{- end }}
        {{- with $pods.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- if $root.Values.podDisruptionBudget.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "fog-rollouts.metadata" . | nindent 2 }}
  namespace: {{ $root.Release.Namespace }}
spec:
  maxUnavailable: {{ $root.Values.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "fog-rollouts.selector" . | nindent 6 }}
{{- end }}
{{- end }}

{{/* Takes {root, role}: binds the role's ClusterRole to its ServiceAccount. */}}
{{- define "fog-rollouts.clusterRoleBinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- include "fog-rollouts.metadata" . | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ include "fog-rollouts.name" . }}
subjects:
  {{- include "fog-rollouts.subjects" . | nindent 2 }}
{{- end }}

{{/* Takes {root, role, namespace}: binds the Role of that name there to a ServiceAccount, the role's own or that of another, `of`. */}}
{{- define "fog-rollouts.roleBinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "fog-rollouts.metadata" . | nindent 2 }}
  namespace: {{ .namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "fog-rollouts.name" . }}
subjects:
  {{- include "fog-rollouts.subjects" (dict "root" .root "role" (default .role .of)) | nindent 2 }}
{{- end }}
