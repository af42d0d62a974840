package cli

import "testing"

func TestWithoutLogin(t *testing.T) {
	for address, want := range map[string]string{
		"https://me:secret@git.example.com/acme/config.git": "https://git.example.com/acme/config.git",
		"https://git.example.com/acme/config.git":           "https://git.example.com/acme/config.git",
		"ssh://git@git.example.com/acme/config.git":         "ssh://git.example.com/acme/config.git",
		"git@git.example.com:acme/config.git":               "git@git.example.com:acme/config.git",
	} {
		if got := withoutLogin(address); got != want {
			t.Errorf("withoutLogin(%q) = %q, want %q", address, got, want)
		}
	}
}
