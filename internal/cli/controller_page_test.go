package cli

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/internal/server"
	"github.com/fairlead-dev/fairlead/internal/server/door"
)

func TestFlagsOfThePage(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys := file("keys", strings.Repeat("k", 64)+"\n"+strings.Repeat("o", 64)+"\n")
	secret := file("secret", "hunter2\n")
	for name, tt := range map[string]struct {
		args []string
		want string // of the error
		off  bool
	}{
		"none":                       {nil, "", false},
		"off":                        {[]string{"--page=false"}, "", true},
		"an address and two keys":    {[]string{"--page-address", "https://fairlead.example.com", "--page-key-file", keys}, "", false},
		"an address without https:":  {[]string{"--page-address", "fairlead.example.com"}, "is no address of a page", false},
		"a key that is short":        {[]string{"--page-key-file", secret}, "shorter than 32 bytes", false},
		"no key in the file":         {[]string{"--page-key-file", file("empty", "\n")}, "holds no key", false},
		"a key that isn't there":     {[]string{"--page-key-file", filepath.Join(dir, "none")}, "no such file", false},
		"a provider":                 {[]string{"--page-address", "https://fairlead.example.com", "--oidc-issuer", "https://idp.example.com", "--oidc-secret-file", secret}, "", false},
		"a provider without address": {[]string{"--oidc-issuer", "https://idp.example.com"}, "nowhere to send people back to", false},
		"a secret without provider":  {[]string{"--oidc-secret-file", secret}, "no provider", false},
		"authorities that are none":  {[]string{"--page-address", "https://fairlead.example.com", "--oidc-issuer", "https://idp.example.com", "--oidc-ca-file", secret}, "no certificate", false},
	} {
		t.Run(name, func(t *testing.T) {
			var f pageFlags
			flags := pflag.NewFlagSet("", pflag.ContinueOnError)
			f.add(flags)
			if err := flags.Parse(tt.args); err != nil {
				t.Fatal(err)
			}
			page, err := f.page(server.PageOptions{
				Door: door.Options{Config: &rest.Config{Host: "https://127.0.0.1:1"}, Log: slog.New(slog.DiscardHandler)}, Cluster: "test", Mirrors: t.TempDir(),
			})
			switch {
			case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("err = %v, want %q", err, tt.want)
			case err == nil && (page == nil) != tt.off:
				t.Errorf("page = %v", page)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Error("a secret is told")
			}
		})
	}
}
