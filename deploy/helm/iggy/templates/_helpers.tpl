{{- define "iggy.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "iggy.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "iggy.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "iggy.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "iggy.selector" -}}
app.kubernetes.io/name: {{ include "iggy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "iggy.labels" -}}
{{ include "iggy.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "iggy.rootSecret" -}}
{{- default (printf "%s-root" (include "iggy.fullname" .)) .Values.root.existingSecret }}
{{- end }}

{{- define "iggy.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "iggy.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* The listeners that are on: name, port and protocol of each. */}}
{{- define "iggy.listeners" -}}
{{- range $name, $protocol := dict "tcp" "TCP" "quic" "UDP" "websocket" "TCP" "http" "TCP" "grpc" "TCP" }}
{{- $listener := index $.Values.ports $name }}
{{- if $listener.enabled }}
- { name: {{ $name }}, port: {{ $listener.port }}, protocol: {{ $protocol }} }
{{- end }}
{{- end }}
{{- end }}
