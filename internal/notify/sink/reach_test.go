package sink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

func mac(key, text string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

func TestPublicAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "172.15.0.1": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "::1": false, "::ffff:127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fd00::1": false, "100.64.0.1": false, "0.0.0.0": false, "::": false, "0.1.2.3": false,
		"224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "198.18.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "ff02::1": false,
		"2001:0:7f00:1::": false,
	} {
		if got := isPublic(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// Nobody reaches what only Fairlead can, however the address is written; unless that is allowed.
func TestPrivateAddressesAreRefused(t *testing.T) {
	called := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer server.Close()
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		for kind, s := range all(t, NewReach(false), "https://"+host+port) {
			_, err := s.Post(t.Context(), message("shop"))
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("%s at %s: %v", kind, host, err)
			}
			if host == "127.0.0.1" && (!errors.Is(err, notify.ErrRefused) || !strings.Contains(hint.Of(err), "--notify-private")) {
				t.Errorf("%s at %s: %v → %s", kind, host, err, hint.Of(err))
			}
		}
	}
	mail, err := NewMail(NewReach(false), MailSettings{Host: "127.0.0.1", Port: 25, Encryption: "None", From: "a@example.com", To: []string{"b@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mail.Post(t.Context(), message("shop")); !errors.Is(err, notify.ErrRefused) {
		t.Errorf("mail: %v", err)
	}
	if called {
		t.Error("a private address was called")
	}
	for kind, s := range all(t, NewReach(false), "http://example.com") {
		if _, err := s.Post(t.Context(), message("shop")); !errors.Is(err, notify.ErrRefused) || !strings.Contains(err.Error(), "http://") {
			t.Errorf("%s over http: %v", kind, err)
		}
	}
}

func TestAnAuthorityOfOnesOwn(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(answering(200, "")))
	defer server.Close()
	settings := WebhookSettings{Address: server.URL, ContentType: "application/json"}
	for _, tt := range []struct {
		authorities []byte
		want        string
	}{
		{nil, "certificate"},
		{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), ""},
		{[]byte("nonsense"), "ca.crt holds no certificate in PEM"},
	} {
		settings.Authorities = tt.authorities
		w, err := NewWebhook(NewReach(true), settings)
		if err == nil {
			_, err = w.Post(t.Context(), message("shop"))
		}
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%v, want %q", err, tt.want)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, address := range []string{"", "hooks.example.com/" + secret, "https://" + secret + "\x00", "ftp://example.com/" + secret, "https://", "file:///etc/passwd"} {
		w, err := NewWebhook(NewReach(true), WebhookSettings{Address: address, ContentType: "application/json"})
		if err == nil {
			_, err = w.Post(t.Context(), message("shop"))
		}
		if !errors.Is(err, notify.ErrRefused) || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestTemplates(t *testing.T) {
	for name, tt := range map[string]struct{ text, want, err string }{
		"all of it":                    {text: `{{.Title}} {{.Severity}} {{.Open}}/{{.Count}}{{range .Incidents}} {{.Application}} {{range .Facts}}{{.Name}};{{end}}{{end}}`, want: "shop is degraded error 1/1 team/shop Application;Who;When;Objects;Next;"},
		"functions":                    {text: `{{json .Title}} {{upper "a"}} {{(index .Incidents 0).Objects | join ","}} {{printf "%05d" .Open}} {{html "<"}}`, want: `"shop is degraded" A Deployment shop/web 00001 &lt;`},
		"an endless loop":              {text: `{{range 1000000000000}}{{end}}`, err: "more than 10000 steps"},
		"loops in loops":               {text: strings.Repeat(`{{range 100}}`, 10) + strings.Repeat(`{{end}}`, 10), err: "more than 10000 steps"},
		"a loop in a condition":        {text: `{{if true}}{{with 1}}{{range 1000000000000}}{{end}}{{end}}{{end}}`, err: "more than 10000 steps"},
		"a template that calls itself": {text: `{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}`, err: "more than 10000 steps"},
		"a text that doubles":          {text: `{{$x := "0123456789"}}{{range 60}}{{$x = print $x $x}}{{end}}`, err: "a text of more than 64 KiB"},
		"a text that is padded":        {text: `{{range 1000}}{{$x := printf "%0999999d" 1}}{{end}}`, err: "a text of more than 64 KiB"},
		"much output":                  {text: `{{range 9000}}` + strings.Repeat("x", 100) + `{{end}}`, err: "more than 256 KiB"},
		"a panic":                      {text: `{{index .Incidents 7}}`, err: "out of range"},
		"a field that there isn't":     {text: `{{.Password}}`, err: "can't evaluate field Password"},
		"a function's call":            {text: `{{call .Title}}`, err: "wrong number of args"},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := NewTemplate(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // each rendering has its own steps
				got, err := parsed.Render(message("shop"))
				if tt.err == "" && (err != nil || string(got) != tt.want) {
					t.Fatalf("%q, %v", got, err)
				}
				if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err) || !errors.Is(err, notify.ErrRefused) || len(err.Error()) > 500) {
					t.Fatalf("%q, %v", got, err)
				}
			}
		})
	}
	w, err := NewWebhook(NewReach(true), WebhookSettings{Address: "http://127.0.0.1:1", ContentType: "application/json", Template: must(NewTemplate(`{"text": "{{.Title}}", }`))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Post(t.Context(), message("shop")); err == nil || !strings.Contains(err.Error(), "is not JSON") {
		t.Errorf("what is not JSON: %v", err)
	}
	if _, err := NewTemplate("line one\n{{.Title"); err == nil || !strings.Contains(err.Error(), "template:2") {
		t.Errorf("a template that is cut off: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
