{{/* What every object's name starts with. */}}
{{- define "fog-rollouts.fullname" -}}
{{- $name := .Release.Name -}}
{{- if not (contains .Chart.Name $name) }}{{ $name = printf "%s-%s" $name .Chart.Name }}{{ end -}}
{{- default $name .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "fog-rollouts.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Takes {repository, tag, digest}. */}}
{{- define "fog-rollouts.imageOf" -}}
{{- .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end -}}
{{- end }}

{{- define "fog-rollouts.image" -}}
{{- $image := .Values.image -}}
{{- include "fog-rollouts.imageOf" (merge (dict "tag" (default .Chart.AppVersion $image.tag)) $image) -}}
{{- end }}

{{/* A list: the chart's own, and those of the chart that this one is a part of. */}}
{{- define "fog-rollouts.pullSecrets" -}}
{{- concat .Values.image.pullSecrets (dig "imagePullSecrets" list (default dict .Values.global)) | uniq | toYaml }}
{{- end }}

{{/* Takes {root, role}: what selects a role's pods. Never changes: selectors are immutable. */}}
{{- define "fog-rollouts.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{/* Takes {root, role}: name of the objects of a role. A release called …-region is not called so twice. */}}
{{- define "fog-rollouts.name" -}}
{{- $fullname := include "fog-rollouts.fullname" .root -}}
{{- if eq .role "region" }}{{ $fullname = trimSuffix "-region" $fullname }}{{ end -}}
{{ $fullname }}-{{ .role }}
{{- end }}

{{/* Takes {root, role}: metadata of an object of a role. */}}
{{- define "fog-rollouts.metadata" -}}
name: {{ include "fog-rollouts.name" . }}
labels:
  {{- include "fog-rollouts.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .role }}
{{- end }}

{{/* Takes {root, role}: subjects of a binding to a role's ServiceAccount. */}}
{{- define "fog-rollouts.subjects" -}}
- kind: ServiceAccount
  name: {{ include "fog-rollouts.name" . }}
  namespace: {{ .root.Release.Namespace }}
{{- end }}
