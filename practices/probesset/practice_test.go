package probesset

import (
	"testing"

	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

func Test(t *testing.T) { practicetest.Run(t, Practice) }

func TestTheKubeletDoesNotLogIn(t *testing.T) {
	const want = "readinessProbe: {tcpSocket: {port: https}}"
	if got := (servedPort{number: 8443, name: "https", guarded: true}).example("readinessProbe", "/ready"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTheProbeToAddFitsThePort(t *testing.T) {
	for port, want := range map[struct {
		number int64
		name   string
	}]string{
		{8080, "http"}:    "readinessProbe: {httpGet: {path: /ready, port: http}}",
		{8080, ""}:        "readinessProbe: {httpGet: {path: /ready, port: 8080}}",
		{8443, "https"}:   "readinessProbe: {httpGet: {path: /ready, port: https, scheme: HTTPS}}",
		{443, ""}:         "readinessProbe: {httpGet: {path: /ready, port: 443, scheme: HTTPS}}",
		{9000, "grpc"}:    "readinessProbe: {grpc: {port: 9000}}",
		{5432, "db"}:      "readinessProbe: {exec: {command: [pg_isready]}}",
		{6443, ""}:        "readinessProbe: {httpGet: {path: /ready, port: 6443, scheme: HTTPS}}",
		{4317, ""}:        "readinessProbe: {tcpSocket: {port: 4317}}",
		{27017, ""}:       "readinessProbe: {tcpSocket: {port: 27017}}",
		{1883, "mqtt"}:    "readinessProbe: {tcpSocket: {port: mqtt}}",
		{6379, "tcp-api"}: "readinessProbe: {exec: {command: [redis-cli, ping]}}",
	} {
		served := servedPort{number: port.number, name: port.name}
		if got := served.example("readinessProbe", "/ready"); got != want {
			t.Errorf("port %d %q: %s, want %s", port.number, port.name, got, want)
		}
	}
}
