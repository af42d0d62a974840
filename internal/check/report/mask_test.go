package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

func TestMasks(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a variable on one line":           {`- {name: DB_PASSWORD, value: hunter2}`, `- {name: DB_PASSWORD, value: ***}`},
		"a variable on two lines":          {"- name: API_KEY\n  value: hunter2", "- name: API_KEY\n  value: ***"},
		"its value first":                  {"- value: hunter2\n  name: API_KEY", "- value: ***\n  name: API_KEY"},
		"a harmless variable":              {"- name: LOG_LEVEL\n  value: debug", "- name: LOG_LEVEL\n  value: debug"},
		"a setting of a chart":             {"postgresPassword: hunter2", "postgresPassword: ***"},
		"a quoted key":                     {`"password": "hunter2",`, `"password": ***`},
		"names of secrets are none":        {"secretName: web-tls", "secretName: web-tls"},
		"a reference":                      {"secretKeyRef: {name: db, key: password}", "secretKeyRef: {name: db, key: password}"},
		"a list of kinds":                  {"resources: [secrets]", "resources: [secrets]"},
		"a URL":                            {"value: postgres://shop:hunter2@db/shop", "value: postgres://shop:***@db/shop"},
		"a flag":                           {`args: ["--password=hunter2", "--port=8080"]`, `args: ["--password=***", "--port=8080"]`},
		"a flag and its value":             {`args: ["--token", "hunter2"]`, `args: ["--token", "***"]`},
		"a Dockerfile":                     {"ENV TOKEN=hunter2 PORT=8080", "ENV TOKEN=*** PORT=8080"},
		"a Dockerfile's old ENV":           {"ENV DB_PASSWORD hunter2", "ENV DB_PASSWORD ***"},
		"a header":                         {"RUN curl -H 'Authorization: Bearer hunter2'", "RUN curl -H 'Authorization: Bearer ***'"},
		"what looks like a key":            {"value: wJa1rXUtnF3MIK7MDENGbP8xRfiCYEX4", "value: ***"},
		"a digest":                         {"image: web@sha256:0d4ab2c8e2b1fbd35d9f2fd1e4d9b0f2f4f0c8f2d3a4b5c6d7e8f90a1b2c3d4e", "image: web@sha256:0d4ab2c8e2b1fbd35d9f2fd1e4d9b0f2f4f0c8f2d3a4b5c6d7e8f90a1b2c3d4e"},
		"a long name":                      {"name: very-long-name-of-a-workload-2", "name: very-long-name-of-a-workload-2"},
		"a private key":                    {"key: |\n  -----BEGIN RSA PRIVATE KEY-----\n  abc\n  -----END RSA PRIVATE KEY-----\nport: 1", "key: |\n  ***\n  ***\n  ***\nport: 1"},
		"a mapping under a telling name":   {"password:\n  from: vault", "password:\n  from: vault"},
		"automountServiceAccountToken":     {"automountServiceAccountToken: true", "automountServiceAccountToken: true"},
		"an image of a proxy for secrets":  {"image: registry.example.com/secrets-proxy:1.2", "image: registry.example.com/secrets-proxy:1.2"},
		"a comment that names a password":  {"# password=hunter2", "# password=***"},
		"a volume of a projected token":    {"serviceAccountToken: {path: token, audience: vault}", "serviceAccountToken: {path: token, audience: vault}"},
		"an annotation with JSON":          {`config: '{"password": "hunter2", "port": 1}'`, `config: '{"password": "***", "port": 1}'`},
		"a probe's header with basic auth": {"- {name: Authorization, value: Basic hunter2}", "- {name: Authorization, value: ***}"},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(masks(strings.Split(c.text, "\n"), false, false), "\n")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("masks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOfASecretOnlyKeysAreShown(t *testing.T) {
	text := "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData:\n  user: ada\n  file: |\n    one\n    two: 3"
	want := "apiVersion: v1\nkind: Secret\nmetadata: ***\nstringData:\n  user: ***\n  file: ***\n    ***\n    two: ***"
	if diff := cmp.Diff(want, strings.Join(masks(strings.Split(text, "\n"), true, false), "\n")); diff != "" {
		t.Errorf("masks (-want +got):\n%s", diff)
	}
}

func FuzzMasks(f *testing.F) {
	f.Add("- name: DB_PASSWORD\n  value: hunter2", false)
	f.Add("-----BEGIN PRIVATE KEY-----\nabc", true)
	f.Fuzz(func(t *testing.T, text string, isSecret bool) {
		lines := strings.Split(text, "\n")
		if shown := masks(lines, isSecret, false); len(shown) != len(lines) {
			t.Errorf("%d lines became %d", len(lines), len(shown))
		}
	})
}

func FuzzAround(f *testing.F) {
	f.Add("spec:\n  größe: 1\n", 2, 3)
	f.Add("00000\n ", 2, 3) // a blank line
	f.Fuzz(func(_ *testing.T, text string, line, column int) {
		s := &Source{read: func(string) []byte { return []byte(text) }, files: map[string][]string{}}
		found := practice.Finding{Origin: manifest.Origin{Path: "a.yaml", Line: line, Column: column}}
		s.end(found)
		for _, l := range s.Around(found, 2, 1) {
			_ = []rune(l.Text)[l.From:l.To]
		}
	})
}
