package practice

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestSoftwareIsKnownByItsRepository(t *testing.T) {
	for image, want := range map[string]string{
		"postgres":                               "PostgreSQL",
		"postgres:16.4-alpine":                   "PostgreSQL",
		"docker.io/library/redis@sha256:0000":    "Redis",
		"public.ecr.aws/docker/library/redis:7":  "Redis",
		"bitnami/kafka:3.7":                      "Kafka",
		"docker.io/bitnamilegacy/rabbitmq:3.13":  "RabbitMQ",
		"registry.k8s.io/redis:v1":               "Redis",
		"registry.k8s.io/etcd:3.5.15-0":          "etcd",
		"gcr.io/google-samples/cassandra:v13":    "Cassandra",
		"mcr.microsoft.com/mssql/server:2022":    "SQL Server",
		"mirror:5000/hub/library/mongo:7":        "MongoDB",
		"eu.mirror.example/k8s/prom/prometheus":  "Prometheus",
		"quay.io/prometheus/prometheus:v2.54.1":  "Prometheus",
		"prom/node-exporter-amd64:v1.8.2":        "node-exporter",
		"ghcr.io/acme/postgres:16":               "", // of one's own
		"acme.example/redis:7":                   "",
		"nginx:1.27":                             "",
		"envoyproxy/envoy:v1.31":                 "",
		"oliver006/redis_exporter:v1.62":         "",
		"${REGISTRY}/postgres:16":                "",
		"{{ .Values.image }}":                    "",
		"":                                       "",
		"registry.example/":                      "",
		"ghcr.io/fluxcd/source-controller:v1.3":  "",
		"quay.io/argoproj/argocd:v2.12.3":        "",
		"ghcr.io/zalando/spilo-16:3.2":           "",
		"registry.example:5000/library/postgres": "PostgreSQL",
	} {
		got := ""
		if s := softwareOf(image); s != nil {
			got = s.Name
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", image, got, want)
		}
	}
}

func TestServersAndClientsOfOneImage(t *testing.T) {
	for name, test := range map[string]struct {
		command, args []string
		serves        bool
	}{
		"as the image starts":        {nil, nil, true},
		"with options":               {nil, []string{"--bind_ip_all", "--replSet", "rs0"}, true},
		"by name":                    {[]string{"redis-server"}, []string{"/etc/redis.conf"}, true},
		"by a path":                  {[]string{"/usr/local/bin/docker-entrypoint.sh"}, []string{"postgres"}, true},
		"prepared by a script":       {[]string{"sh", "-c", "chown -R redis /data && exec redis-server"}, nil, true},
		"a shell to look around":     {[]string{"sleep", "infinity"}, nil, false},
		"a client":                   {nil, []string{"psql", "-h", "orders-db"}, false},
		"a client in a loop":         {[]string{"sh", "-c", "while true; do redis-cli -h queue ping; sleep 5; done"}, nil, false},
		"a dump, packed and sent on": {[]string{"/bin/bash", "-ec", "pg_dump orders | gzip | aws s3 cp - s3://backup/orders.gz"}, nil, false},
	} {
		c := &Container{Container: &corev1.Container{Image: "postgres:16", Command: test.command, Args: test.args}}
		if got := c.Software() != nil; got != test.serves {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
