package controller

import "testing"

func TestSameRepository(t *testing.T) {
	for name, tt := range map[string]struct {
		a, b string
		want bool
	}{
		"equal":                 {"https://git.example.com/acme/config", "https://git.example.com/acme/config", true},
		".git and slash":        {"https://git.example.com/acme/config.git", "https://git.example.com/acme/config/", true},
		"login and scheme":      {"https://me:pw@git.example.com/acme/config", "http://git.example.com/acme/config", true},
		"ssh in both spellings": {"git@git.example.com:acme/config.git", "ssh://git@git.example.com/acme/config", true},
		"case":                  {"https://Git.Example.com/Acme/Config", "https://git.example.com/acme/config", true},
		"another repository":    {"https://git.example.com/acme/config", "https://git.example.com/acme/config2", false},
		"another host":          {"https://git.example.com/acme/config", "https://evil.example.com/acme/config", false},
		"an @ in the path":      {"https://git.example.com/@acme/config", "https://git.example.com/acme/config", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sameRepository(tt.a, tt.b); got != tt.want {
				t.Errorf("sameRepository = %v, want %v", got, tt.want)
			}
		})
	}
}
