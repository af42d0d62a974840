package practice

import (
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

// Software is a server that others have written and many people run. It is known by the repository of its image: names
// of workloads say what people use it for.
type Software struct {
	Name    string // "PostgreSQL"
	Purpose Purpose
	// Chart is where its chart, or that of its operator, is to be had: "traefik of https://traefik.github.io/charts".
	Chart string
	// Data are the directories in which its images keep what must not be lost; nil if there is nothing such.
	Data []string
}

// Purpose is what software is for.
type Purpose string

// The purposes. Search engines count as databases, coordinators such as ZooKeeper as queues.
const (
	Database Purpose = "database"
	Cache    Purpose = "cache"
	Queue    Purpose = "queue"
	Storage  Purpose = "object storage"
	Ingress  Purpose = "ingress controller"
	Platform Purpose = "platform"
)

// Serves says that its clients find it by a Service: what has none is no more than a part of something else.
func (s *Software) Serves() bool { return s.Purpose != Ingress && s.Purpose != Platform }

// Software is what the container serves, nil if that isn't known: its image is none of those that are, or only the
// client in it is started (psql in a database's image).
func (c *Container) Software() *Software {
	s := softwareOf(c.Image)
	if s == nil || c.isClient() {
		return nil
	}
	return s
}

// Software is what the pod is for, with the container that serves it: nil if one of its main containers is neither known
// nor a helper of one that is, as a cache beside one's own program.
func (p *Pod) Software() (*Software, *Container) {
	var served *Software
	var by *Container
	for c := range p.Mains() {
		switch s := c.Software(); {
		case s != nil && served == nil:
			served, by = s, c
		case s == nil && !isHelper(c.Image):
			return nil, nil
		}
	}
	return served, by
}

// isHelper says that an image, by the last part of its name, helps another to run: it measures, reloads, guards or backs
// it up.
func isHelper(image string) bool {
	name := path.Base(dockerfile.ParseImage(image).Path)
	return slices.ContainsFunc([]string{
		"exporter", "reload", "sidecar", "proxy", "agent", "backup", "metrics", "envoy", "fluent", "vector", "busybox", "kubectl", "dnsmasq",
	}, func(part string) bool { return strings.Contains(name, part) })
}

// isClient says that the container is told to start nothing but tools. What begins with a dash is for the image's own
// server.
func (c *Container) isClient() bool {
	words := slices.Concat(c.Command, c.Args)
	if len(words) == 0 || len(c.Command) == 0 && strings.HasPrefix(words[0], "-") {
		return false
	}
	text, isScript := shell.Inline(words)
	if !isScript {
		name, _ := shell.Unwrap(words)
		return IsTool(path.Base(name))
	}
	return !slices.ContainsFunc(shell.Parse(text).Commands, func(command *shell.Command) bool {
		name, _ := command.Program()
		return len(command.Words) > 0 && !IsTool(name)
	})
}

// softwareOf knows an image by the last two parts of its path, which mirrors and proxies of registries keep, or, where it
// has but one part, by its registry.
func softwareOf(image string) *Software {
	if image == "" {
		return nil
	}
	read := dockerfile.ParseImage(image)
	parts := strings.Split(strings.ToLower(read.Path), "/")
	for _, ending := range []string{"-amd64", "-arm64"} {
		parts[len(parts)-1] = strings.TrimSuffix(parts[len(parts)-1], ending)
	}
	if len(parts) == 1 {
		return byRepository()[read.Host+"/"+parts[0]]
	}
	publisher := parts[len(parts)-2]
	if publisher == "bitnamilegacy" || publisher == "bitnamisecure" {
		publisher = "bitnami"
	}
	return byRepository()[publisher+"/"+parts[len(parts)-1]]
}

var byRepository = sync.OnceValue(func() map[string]*Software {
	index := map[string]*Software{}
	for _, k := range known {
		s := &Software{Name: k.name, Purpose: k.purpose, Chart: k.chart, Data: strings.Fields(k.data)}
		for _, repository := range strings.Fields(k.repositories) {
			index[repository] = s
		}
	}
	return index
})

// known is the software. Repositories are those of Docker Hub (library is Docker's own), quay.io, ghcr.io, gcr.io,
// registry.k8s.io and of publishers' own registries, without the registry where the path has two parts; charts are those
// that the publishers, or their communities, name in their documentation.
var known = []struct {
	name         string
	purpose      Purpose
	repositories string
	data         string
	chart        string
}{
	{"PostgreSQL", Database, "library/postgres bitnami/postgresql bitnami/postgresql-repmgr postgis/postgis timescale/timescaledb timescale/timescaledb-ha pgvector/pgvector chainguard/postgres",
		"/var/lib/postgresql /bitnami/postgresql /home/postgres", "cloudnative-pg (an operator) of https://cloudnative-pg.github.io/charts"},
	{"MySQL", Database, "library/mysql mysql/mysql-server mysql/community-server bitnami/mysql library/percona percona/percona-server",
		"/var/lib/mysql /bitnami/mysql", "mysql-operator of https://mysql.github.io/mysql-operator"},
	{"MariaDB", Database, "library/mariadb bitnami/mariadb bitnami/mariadb-galera", "/var/lib/mysql /bitnami/mariadb", "mariadb-operator of https://helm.mariadb.com/mariadb-operator"},
	{"MongoDB", Database, "library/mongo bitnami/mongodb mongodb/mongodb-community-server percona/percona-server-mongodb",
		"/data/db /data/configdb /bitnami/mongodb", "community-operator of https://mongodb.github.io/helm-charts"},
	{"CockroachDB", Database, "cockroachdb/cockroach", "/cockroach/cockroach-data", "cockroachdb of https://charts.cockroachdb.com"},
	{"Cassandra", Database, "library/cassandra bitnami/cassandra google-samples/cassandra", "/var/lib/cassandra /cassandra_data /bitnami/cassandra", "k8ssandra-operator of https://helm.k8ssandra.io/stable"},
	{"ScyllaDB", Database, "scylladb/scylla", "/var/lib/scylla", "scylla-operator of https://scylla-operator-charts.storage.googleapis.com/stable"},
	{"CouchDB", Database, "library/couchdb apache/couchdb", "/opt/couchdb/data", "couchdb of https://apache.github.io/couchdb-helm"},
	{"Neo4j", Database, "library/neo4j bitnami/neo4j", "/data /bitnami/neo4j", "neo4j of https://helm.neo4j.com/neo4j"},
	{"InfluxDB", Database, "library/influxdb bitnami/influxdb", "/var/lib/influxdb /var/lib/influxdb2 /bitnami/influxdb", "influxdb2 of https://helm.influxdata.com"},
	{"ClickHouse", Database, "clickhouse/clickhouse-server yandex/clickhouse-server bitnami/clickhouse library/clickhouse", "/var/lib/clickhouse /bitnami/clickhouse", "altinity-clickhouse-operator of https://helm.altinity.com"},
	{"SQL Server", Database, "mssql/server", "/var/opt/mssql", ""},
	{"RethinkDB", Database, "library/rethinkdb registry.k8s.io/rethinkdb", "/data", ""},
	{"ArangoDB", Database, "library/arangodb arangodb/arangodb", "/var/lib/arangodb3", "kube-arangodb of https://arangodb.github.io/kube-arangodb"},
	{"Qdrant", Database, "qdrant/qdrant", "/qdrant/storage", "qdrant of https://qdrant.github.io/qdrant-helm"},
	{"Weaviate", Database, "semitechnologies/weaviate weaviate/weaviate", "/var/lib/weaviate", "weaviate of https://weaviate.github.io/weaviate-helm"},
	{"Milvus", Database, "milvusdb/milvus", "/var/lib/milvus", "milvus of https://zilliztech.github.io/milvus-helm"},
	{"Elasticsearch", Database, "library/elasticsearch elasticsearch/elasticsearch bitnami/elasticsearch", "/usr/share/elasticsearch/data /bitnami/elasticsearch", "eck-operator of https://helm.elastic.co"},
	{"OpenSearch", Database, "opensearchproject/opensearch bitnami/opensearch", "/usr/share/opensearch/data /bitnami/opensearch", "opensearch of https://opensearch-project.github.io/helm-charts"},
	{"Solr", Database, "library/solr bitnami/solr", "/var/solr /bitnami/solr", "solr-operator of https://solr.apache.org/charts"},
	{"Meilisearch", Database, "getmeili/meilisearch", "/meili_data", "meilisearch of https://meilisearch.github.io/meilisearch-kubernetes"},
	{"etcd", Database, "coreos/etcd etcd-development/etcd bitnami/etcd registry.k8s.io/etcd k8s.gcr.io/etcd", "/var/lib/etcd /etcd-data /bitnami/etcd", ""},

	{"Redis", Cache, "library/redis bitnami/redis bitnami/redis-cluster redis/redis-stack redis/redis-stack-server registry.k8s.io/redis k8s.gcr.io/redis kubernetes/redis",
		"/data /bitnami/redis /redis-master-data", "redis-operator of https://ot-container-kit.github.io/helm-charts"},
	{"Valkey", Cache, "valkey/valkey bitnami/valkey", "/data /bitnami/valkey", "valkey of https://valkey.io/valkey-helm"},
	{"KeyDB", Cache, "eqalpha/keydb", "/data", ""},
	{"Dragonfly", Cache, "dragonflydb/dragonfly", "/data", "oci://ghcr.io/dragonflydb/dragonfly/helm/dragonfly"},
	{"Memcached", Cache, "library/memcached bitnami/memcached", "", ""},

	{"RabbitMQ", Queue, "library/rabbitmq bitnami/rabbitmq", "/var/lib/rabbitmq /bitnami/rabbitmq", ""},
	{"Kafka", Queue, "apache/kafka apache/kafka-native bitnami/kafka confluentinc/cp-kafka confluentinc/cp-server wurstmeister/kafka",
		"/var/lib/kafka /bitnami/kafka /kafka /tmp/kraft-combined-logs /tmp/kafka-logs", "strimzi-kafka-operator of https://strimzi.io/charts"},
	{"ZooKeeper", Queue, "library/zookeeper bitnami/zookeeper confluentinc/cp-zookeeper wurstmeister/zookeeper", "/data /datalog /var/lib/zookeeper /bitnami/zookeeper", ""},
	{"NATS", Queue, "library/nats library/nats-streaming bitnami/nats", "", "nats of https://nats-io.github.io/k8s/helm/charts"},
	{"Pulsar", Queue, "apachepulsar/pulsar apachepulsar/pulsar-all", "/pulsar/data", "pulsar of https://pulsar.apache.org/charts"},
	{"Redpanda", Queue, "redpandadata/redpanda vectorized/redpanda", "/var/lib/redpanda", "redpanda of https://charts.redpanda.com"},
	{"ActiveMQ", Queue, "apache/activemq-classic apache/activemq-artemis", "/opt/apache-activemq/data /var/lib/artemis-instance", ""},
	{"EMQX", Queue, "library/emqx emqx/emqx", "/opt/emqx/data", "emqx-operator of https://repos.emqx.io/charts"},

	{"MinIO", Storage, "minio/minio bitnami/minio", "/data /export /bitnami/minio", "operator of https://operator.min.io"},

	{"ingress-nginx", Ingress, "ingress-nginx/controller kubernetes-ingress-controller/nginx-ingress-controller", "", "ingress-nginx of https://kubernetes.github.io/ingress-nginx"},
	{"NGINX Ingress Controller", Ingress, "nginx/nginx-ingress nginx-ic/nginx-plus-ingress", "", "oci://ghcr.io/nginx/charts/nginx-ingress"},
	{"Traefik", Ingress, "library/traefik traefik/traefik", "", "traefik of https://traefik.github.io/charts"},
	{"Kong", Ingress, "library/kong kong/kong kong/kubernetes-ingress-controller", "", "ingress of https://charts.konghq.com"},
	{"HAProxy Ingress", Ingress, "haproxytech/kubernetes-ingress jcmoraisjr/haproxy-ingress", "", "kubernetes-ingress of https://haproxytech.github.io/helm-charts"},
	{"Contour", Ingress, "projectcontour/contour", "", "contour of https://projectcontour.github.io/helm-charts"},
	{"Emissary", Ingress, "emissary-ingress/emissary datawire/ambassador datawire/emissary", "", ""},
	{"APISIX", Ingress, "apache/apisix apache/apisix-ingress-controller", "", "apisix of https://charts.apiseven.com"},

	{"cert-manager", Platform, "jetstack/cert-manager-controller jetstack/cert-manager-webhook jetstack/cert-manager-cainjector", "", "oci://quay.io/jetstack/charts/cert-manager"},
	{"ExternalDNS", Platform, "external-dns/external-dns bitnami/external-dns", "", "external-dns of https://kubernetes-sigs.github.io/external-dns"},
	{"metrics-server", Platform, "metrics-server/metrics-server", "", "metrics-server of https://kubernetes-sigs.github.io/metrics-server"},
	{"Cluster Autoscaler", Platform, "autoscaling/cluster-autoscaler", "", "cluster-autoscaler of https://kubernetes.github.io/autoscaler"},
	{"AWS Load Balancer Controller", Platform, "eks/aws-load-balancer-controller", "", "aws-load-balancer-controller of https://aws.github.io/eks-charts"},
	{"MetalLB", Platform, "metallb/controller metallb/speaker", "", "metallb of https://metallb.github.io/metallb"},
	{"External Secrets", Platform, "external-secrets/external-secrets", "", "external-secrets of https://charts.external-secrets.io"},
	{"Sealed Secrets", Platform, "bitnami/sealed-secrets-controller", "", "sealed-secrets of https://bitnami-labs.github.io/sealed-secrets"},
	{"Reloader", Platform, "stakater/reloader", "", "reloader of https://stakater.github.io/stakater-charts"},
	{"Velero", Platform, "velero/velero", "", "velero of https://vmware-tanzu.github.io/helm-charts"},
	{"KEDA", Platform, "kedacore/keda kedacore/keda-metrics-apiserver", "", "keda of https://kedacore.github.io/charts"},
	{"Kyverno", Platform, "kyverno/kyverno", "", "kyverno of https://kyverno.github.io/kyverno"},
	{"Gatekeeper", Platform, "openpolicyagent/gatekeeper", "", "gatekeeper of https://open-policy-agent.github.io/gatekeeper/charts"},
	{"Kubernetes Dashboard", Platform, "kubernetesui/dashboard", "", "kubernetes-dashboard of https://kubernetes.github.io/dashboard"},
	{"NFS provisioner", Platform, "sig-storage/nfs-subdir-external-provisioner", "", "nfs-subdir-external-provisioner of https://kubernetes-sigs.github.io/nfs-subdir-external-provisioner"},
	{"Vault", Platform, "library/vault hashicorp/vault", "", "vault of https://helm.releases.hashicorp.com"},
	{"Consul", Platform, "library/consul hashicorp/consul", "", "consul of https://helm.releases.hashicorp.com"},
	{"Keycloak", Platform, "keycloak/keycloak jboss/keycloak bitnami/keycloak", "", "keycloakx of https://codecentric.github.io/helm-charts"},
	{"Dex", Platform, "dexidp/dex", "", "dex of https://charts.dexidp.io"},
	{"Harbor", Platform, "goharbor/harbor-core", "", "harbor of https://helm.goharbor.io"},
	{"Jenkins", Platform, "jenkins/jenkins library/jenkins", "", "jenkins of https://charts.jenkins.io"},
	{"GitLab Runner", Platform, "gitlab/gitlab-runner gitlab-org/gitlab-runner", "", "gitlab-runner of https://charts.gitlab.io"},
	{"SonarQube", Platform, "library/sonarqube", "", "sonarqube of https://sonarsource.github.io/helm-chart-sonarqube"},
	{"Airflow", Platform, "apache/airflow", "", "airflow of https://airflow.apache.org"},

	{"Prometheus", Platform, "prom/prometheus prometheus/prometheus bitnami/prometheus", "", "prometheus of https://prometheus-community.github.io/helm-charts"},
	{"Alertmanager", Platform, "prom/alertmanager prometheus/alertmanager bitnami/alertmanager", "", "alertmanager of https://prometheus-community.github.io/helm-charts"},
	{"node-exporter", Platform, "prom/node-exporter prometheus/node-exporter bitnami/node-exporter", "", "prometheus-node-exporter of https://prometheus-community.github.io/helm-charts"},
	{"kube-state-metrics", Platform, "kube-state-metrics/kube-state-metrics coreos/kube-state-metrics bitnami/kube-state-metrics", "", "kube-state-metrics of https://prometheus-community.github.io/helm-charts"},
	{"Pushgateway", Platform, "prom/pushgateway prometheus/pushgateway", "", "prometheus-pushgateway of https://prometheus-community.github.io/helm-charts"},
	{"VictoriaMetrics", Platform, "victoriametrics/victoria-metrics victoriametrics/vmagent", "", "victoria-metrics-single of https://victoriametrics.github.io/helm-charts"},
	{"Grafana", Platform, "grafana/grafana grafana/grafana-oss grafana/grafana-enterprise bitnami/grafana", "", "grafana of https://grafana.github.io/helm-charts"},
	{"Loki", Platform, "grafana/loki", "", "loki of https://grafana.github.io/helm-charts"},
	{"Tempo", Platform, "grafana/tempo", "", "tempo of https://grafana.github.io/helm-charts"},
	{"Grafana's agents", Platform, "grafana/promtail grafana/alloy grafana/agent", "", "alloy of https://grafana.github.io/helm-charts"},
	{"Kibana", Platform, "library/kibana kibana/kibana bitnami/kibana", "", "eck-operator of https://helm.elastic.co"},
	{"Logstash", Platform, "library/logstash logstash/logstash bitnami/logstash", "", "eck-operator of https://helm.elastic.co"},
	{"Fluentd", Platform, "fluent/fluentd fluent/fluentd-kubernetes-daemonset bitnami/fluentd", "", "fluentd of https://fluent.github.io/helm-charts"},
	{"Fluent Bit", Platform, "fluent/fluent-bit bitnami/fluent-bit", "", "fluent-bit of https://fluent.github.io/helm-charts"},
	{"Jaeger", Platform, "jaegertracing/all-in-one jaegertracing/jaeger jaegertracing/jaeger-collector jaegertracing/jaeger-query", "", "jaeger of https://jaegertracing.github.io/helm-charts"},
	{"OpenTelemetry Collector", Platform, "otel/opentelemetry-collector otel/opentelemetry-collector-contrib otel/opentelemetry-collector-k8s", "",
		"opentelemetry-collector of https://open-telemetry.github.io/opentelemetry-helm-charts"},
}
