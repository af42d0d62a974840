package readonlyrootfilesystem

import (
	"path"

	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// paths are where well-known images write, their VOLUMEs among them; /tmp goes for all. Cassandra, which writes its own
// configuration anew, isn't among them: an empty volume there would hide it.
var paths = map[string][]string{
	"alertmanager":  {"/alertmanager"},
	"caddy":         {"/config", "/data"},
	"consul":        {"/consul/data"},
	"couchdb":       {"/opt/couchdb/data", "/opt/couchdb/etc/local.d"},
	"elasticsearch": {"/usr/share/elasticsearch/data", "/usr/share/elasticsearch/logs"},
	"ghost":         {"/var/lib/ghost/content"},
	"gitea":         {"/data"},
	"grafana":       {"/var/lib/grafana", "/var/log/grafana"},
	"haproxy":       {"/var/lib/haproxy", "/var/run"},
	"httpd":         {"/usr/local/apache2/logs"},
	"influxdb":      {"/etc/influxdb2", "/var/lib/influxdb2"},
	"jenkins":       {"/var/jenkins_home"},
	"keycloak":      {"/opt/keycloak/data"},
	"kibana":        {"/usr/share/kibana/data"},
	"loki":          {"/loki"},
	"mariadb":       {"/run/mysqld", "/var/lib/mysql"},
	"minio":         {"/data"},
	"mongo":         {"/data/configdb", "/data/db"},
	"mysql":         {"/var/lib/mysql", "/var/run/mysqld"},
	"neo4j":         {"/data", "/logs"},
	"nextcloud":     {"/var/www/html", "/var/run/apache2"},
	"nginx":         {"/var/cache/nginx", "/var/run"},
	"opensearch":    {"/usr/share/opensearch/data", "/usr/share/opensearch/logs"},
	"postgres":      {"/var/lib/postgresql/data", "/var/run/postgresql"},
	"prometheus":    {"/prometheus"},
	"rabbitmq":      {"/var/lib/rabbitmq", "/var/log/rabbitmq"},
	"redis":         {"/data"},
	"registry":      {"/var/lib/registry"},
	"solr":          {"/var/solr"},
	"sonarqube":     {"/opt/sonarqube/data", "/opt/sonarqube/extensions", "/opt/sonarqube/logs", "/opt/sonarqube/temp"},
	"tomcat":        {"/usr/local/tomcat/logs", "/usr/local/tomcat/temp", "/usr/local/tomcat/work"},
	"valkey":        {"/data"},
	"vault":         {"/vault/file", "/vault/logs"},
	"wordpress":     {"/var/run/apache2", "/var/www/html"},
	"zookeeper":     {"/data", "/datalog", "/logs"},
}

// imageName is the last part of an image's repository: "nginx" of docker.io/library/nginx:1.27@sha256:….
func imageName(image string) string { return path.Base(dockerfile.ParseImage(image).Path) }
