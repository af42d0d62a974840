package reference

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHosts(t *testing.T) {
	signs := []string{"looks", "port", "named", "url"}
	for name, tt := range map[string]struct {
		setting, text string
		want          []string // sign scheme host port path
	}{
		"a name and a port":                   {"CART", "cart:7070", []string{"port  cart 7070 "}},
		"a setting for it":                    {"CART_SERVICE_ADDR", "Cart.Shop.:7070", []string{"named  cart.shop 7070 "}},
		"a service":                           {"PAYMENT_SERVICE", "payment", []string{"named  payment 0 "}},
		"one's own name":                      {"DD_SERVICE", "web", []string{"looks  web 0 "}},
		"a kind of backend":                   {"CACHE_BACKEND", "redis", []string{"looks  redis 0 "}},
		"a backend":                           {"ORDERS_BACKEND", "orders", []string{"named  orders 0 "}},
		"a host name of another":              {"DB_HOSTNAME", "db", []string{"named  db 0 "}},
		"one's own host name":                 {"HOSTNAME", "db", []string{"looks  db 0 "}},
		"a URL":                               {"X", "http://api.shop.svc.cluster.local:8080/v1?key=x", []string{"url http api.shop.svc.cluster.local 8080 /v1"}},
		"a URL with a password":               {"X", "postgres://shop:p.ss)w@rd@db:5432/orders?sslmode=disable", []string{"url postgres db 5432 /orders"}},
		"a password that isn't escaped":       {"X", "postgres://shop:a/b@db:5432/orders", []string{"url postgres shop 0 "}},
		"several members":                     {"X", "mongodb://a:27017,b:27017/x", []string{"url mongodb a 27017 /x", "url mongodb b 27017 /x"}},
		"several URLs":                        {"X", "http://a,https://b:8443", []string{"url http a 0 ", "url https b 8443 "}},
		"URLs in a script":                    {"", "until curl -fs http://api:8080/ready; do sleep 1; done", []string{"url http api 8080 /ready"}},
		"a URL in a list of flags":            {"sink", "influxdb:http://monitoring-influxdb:8086", []string{"url http monitoring-influxdb 8086 "}},
		"what a resolver is asked for":        {"X", "dns:///cart:7070", []string{"url dns cart 7070 "}},
		"JDBC":                                {"X", "jdbc:sqlserver://db:1433;databaseName=orders", []string{"url sqlserver db 1433 "}},
		"Oracle":                              {"X", "jdbc:oracle:thin:@//db:1521/orders", []string{"port  db 1521 "}},
		"Go's MySQL":                          {"DB_DSN", "app:secret@tcp(db:3306)/orders", []string{"named  db 3306 "}},
		"libpq's words":                       {"CONNECTION", "host=db port=5432 user=x", []string{"named  db 0 "}},
		"ADO's words":                         {"X", "Server=tcp:db,1433;Database=orders", []string{"named  db 0 ", "looks  1433 0 "}},
		"a user, a host and a port":           {"BROKER", "guest:guest@rabbitmq:5672", []string{"named  rabbitmq 5672 "}},
		"an address for mail":                 {"ADMIN_ADDRESS", "ops@example.com", nil},
		"a list":                              {"KAFKA_BROKERS", "k1:9092,k2:9092", []string{"named  k1 9092 ", "named  k2 9092 "}},
		"a list of targets":                   {"", "- targets: ['api:8080', \"web:80\"]", []string{"port  api 8080 ", "port  web 80 "}},
		"a port in a variable":                {"DB_HOST", "db:$(DB_PORT)", nil},
		"a host in a variable":                {"X", "http://$(HOST):80/x", nil},
		"a template":                          {"DB_HOST", "{{ .Values.host }}", nil},
		"what is told to others, and so kept": {"ALLOWED_HOSTS", "web", []string{"looks  web 0 "}},
		"prose":                               {"NOTE", "The cart: see cart.", []string{"looks  the 0 ", "looks  see 0 ", "looks  cart 0 "}},
		"no name":                             {"X_HOST", "-a a- a..b .a a_b /a", nil},
		"nothing":                             {"X_HOST", "", nil},
		"the scheme without the rest":         {"DB_URL", "postgres://", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for h := range Hosts(tt.setting, tt.text) {
				got = append(got, fmt.Sprintf("%s %s %s %d %s", signs[h.By], h.Scheme, h.Name, h.Port, h.Path))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	const file = `# a comment: http://docs
server.port=8080
db:
  host: db
  - name: "x"
"api": "http://api:8080",
proxy_pass http://web;
`
	want := []string{"server.port|8080", "db|", "host|db", "name|x", "api|http://api:8080", "|proxy_pass http://web;"}
	var got []string
	for name, value := range Settings("application.yaml", file) {
		got = append(got, name+"|"+value)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, value := range Settings("HOST", "db") {
		if name != "HOST" || value != "db" {
			t.Errorf("one line is %q, %q", name, value)
		}
	}
}

// Whatever is written, a host is a name, and nothing of what stands before an @ is one.
func FuzzHosts(f *testing.F) {
	f.Add("DATABASE_URL", "secret)x", "db:5432/x")
	f.Add("X_HOST", "a/b@c", "x,y;z=1@tcp(q:1)")
	f.Fuzz(func(t *testing.T, name, password, rest string) {
		for h := range Hosts(name, rest) {
			if !isHostName(h.Name) {
				t.Errorf("%q is a host in %q", h.Name, rest)
			}
		}
		for range Settings(name, password+"\n"+rest) {
			continue
		}
		for h := range Hosts(name, "postgres://user:"+password+"@db:5432/x") {
			if h.Path != "" && h.Path != "/x" && !strings.ContainsAny(password, "\"'` \t\r\n") {
				t.Errorf("with the password %q the path is %q", password, h.Path)
			}
		}
		if strings.ContainsAny(password, "/?#\"' \t\n\\;>@") {
			return // has to be escaped in a URL
		}
		hosts := slices.Collect(Hosts(name, "postgres://user:"+password+"@db:5432/x"))
		if len(hosts) != 1 || hosts[0].Name != "db" {
			if !strings.Contains(password, "{{") {
				t.Errorf("with the password %q the hosts are %v", password, hosts)
			}
		}
	})
}

func TestWords(t *testing.T) {
	for name, want := range map[string]string{
		"DB_HOST":                "db host",
		"spring.datasource.host": "spring datasource host",
		"bootstrapServers":       "bootstrap servers",
		"Catalogue__BaseUrl":     "catalogue base url",
		"http-client-timeout":    "http client timeout",
		"PGHOST":                 "pghost",
		"_x1__":                  "x1",
		"ÄRGER_HOST":             "rger host",
		"":                       "",
	} {
		if got := strings.Join(Words(name), " "); got != want {
			t.Errorf("the words of %q are %q, want %q", name, got, want)
		}
	}
}
