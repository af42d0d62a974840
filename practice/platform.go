package practice

import (
	"path"
	"strings"

	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// IsPlatform says that a pod is no service of somebody's own but what such services are run with: a proxy, monitoring, a
// load generator, an operator, a shell to look around with. It goes by the images of its containers and by its name.
func (p *Pod) IsPlatform() bool {
	for _, part := range strings.FieldsFunc(p.Object.id.Name, func(r rune) bool { return r == '-' || r == '.' }) {
		switch part {
		case "loadgenerator", "loadgen", "loadtest", "loadtester", "operator", "exporter", "proxy", "loadbalancer":
			return true
		}
	}
	if name := p.Object.id.Name; strings.Contains(name, "load-generator") || strings.Contains(name, "load-test") {
		return true
	}
	n := 0
	for c := range p.Mains() {
		if !isPlatform(path.Base(dockerfile.ParseImage(c.Image).Path)) && !isProxy(c.Name) {
			return false
		}
		n++
	}
	return n > 0
}

// isProxy goes by the name of a container: many build their proxy's configuration into an image of their own.
func isProxy(container string) bool {
	switch container {
	case "nginx", "haproxy", "envoy", "traefik", "caddy":
		return true
	}
	return false
}

func isPlatform(image string) bool {
	for _, end := range []string{"-operator", "-exporter", "_exporter", "-proxy", "-ingress-controller", "-beat"} {
		if strings.HasSuffix(image, end) {
			return true
		}
	}
	return platform[image]
}

// platform are images by the last part of their names.
var platform = func() map[string]bool {
	names := `nginx nginx-unprivileged openresty envoy haproxy traefik kong caddy httpd apache varnish squid proxyv2 pilot ztunnel emissary apisix skipper contour cloudflared
oauth2-proxy gatekeeper pomerium nginx-prometheus-exporter ingress-nginx controller
prometheus alertmanager grafana grafana-oss grafana-enterprise thanos loki promtail tempo mimir alloy agent cadvisor kube-state-metrics prometheus-adapter prometheus-adapter-amd64 metrics-server
k8s-prometheus-adapter pushgateway blackbox-exporter heapster heapster-amd64 victoria-metrics vmagent vmalert vminsert vmselect vmstorage karma
kiali dashboard dashboard-metrics-scraper headlamp
all-in-one jaeger-agent jaeger-collector jaeger-query zipkin opentelemetry-collector opentelemetry-collector-contrib opentelemetry-collector-k8s otel-collector
fluentd fluent-bit fluentd-kubernetes-daemonset kibana opensearch-dashboards logstash vector telegraf filebeat metricbeat datadog-agent newrelic-infrastructure chronograf
locust k6 jmeter gatling fortio hey vegeta wrk load-test loadtest loadgenerator artillery
adminer phpmyadmin pgadmin4 redis-commander redisinsight mongo-express kafka-ui akhq kafdrop mailhog mailpit
busybox alpine curl netshoot dnsutils jessie-dnsutils ubuntu debian toolbox pause
argocd argo-rollouts kubectl external-dns cert-manager-controller cert-manager-webhook cert-manager-cainjector cluster-autoscaler keda
selenium-hub node-chrome node-firefox hub spark spark-master spark-worker`
	out := map[string]bool{}
	for _, name := range strings.Fields(names) {
		out[name] = true
	}
	return out
}()
