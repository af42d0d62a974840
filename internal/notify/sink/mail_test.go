package sink

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// postOffice speaks SMTP (RFC 5321) as far as one mail goes.
type postOffice struct {
	certificate tls.Certificate
	pem         []byte
	host        string
	port        int
	encrypted   bool   // from the first byte
	auth        string // mechanisms on encrypted connections
	// says answers to a verb in place of what is usual; "" for the usual, "-" hangs up.
	says func(verb string) string

	mu    sync.Mutex
	mails []posted
	heard []string // on connections in the clear
}

type posted struct{ from, to, data, login string }

func newPostOffice(t *testing.T, edits ...func(*postOffice)) *postOffice {
	t.Helper()
	p := &postOffice{auth: "PLAIN LOGIN", says: func(string) string { return "" }}
	for _, edit := range edits {
		edit(p)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	p.certificate = tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
	p.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.host, p.port = "127.0.0.1", listener.Addr().(*net.TCPAddr).Port
	var all sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				if p.encrypted {
					c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{p.certificate}})
				}
				p.serve(c, p.encrypted)
			})
		}
	})
	return p
}

func (p *postOffice) serve(c net.Conn, secure bool) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	say := func(text string) { fmt.Fprint(c, text+"\r\n") }
	line := func() string {
		text, err := in.ReadString('\n')
		if err != nil {
			return "GONE"
		}
		if !secure {
			p.mu.Lock()
			p.heard = append(p.heard, text)
			p.mu.Unlock()
		}
		return strings.TrimRight(text, "\r\n")
	}
	var mail posted
	say("220 mail.example.com ESMTP")
	for {
		text := line()
		verb, rest, _ := strings.Cut(text, " ")
		verb = strings.ToUpper(verb)
		switch said := p.says(verb); said {
		case "":
		case "-":
			return
		default:
			say(said)
			continue
		}
		switch verb {
		case "EHLO":
			say("250-mail.example.com")
			if secure {
				say("250-AUTH " + p.auth)
			} else {
				say("250-STARTTLS")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go ahead")
			p.serveSecure(c)
			return
		case "AUTH":
			if mail.login = p.login(rest, say, line); mail.login != "ann "+secret {
				say("535 5.7.8 Authentication credentials invalid: " + mail.login)
				continue
			}
			say("235 2.7.0 accepted")
		case "MAIL":
			mail.from = rest
			say("250 ok")
		case "RCPT":
			mail.to += rest + " "
			say("250 ok")
		case "DATA":
			say("354 go on")
			for text := line(); text != "."; text = line() {
				if text == "GONE" {
					return
				}
				mail.data += text + "\r\n"
			}
			p.mu.Lock()
			p.mails = append(p.mails, mail)
			p.mu.Unlock()
			if said := p.says("."); said == "-" {
				return
			}
			say("250 2.0.0 queued")
		case "QUIT", "GONE":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *postOffice) serveSecure(c net.Conn) {
	secured := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{p.certificate}})
	// the greeting isn't repeated (RFC 3207)
	p.serve(&silent{Conn: secured}, true)
}

// silent swallows the greeting.
type silent struct {
	net.Conn
	greeted bool
}

func (s *silent) Write(b []byte) (int, error) {
	if !s.greeted {
		s.greeted = true
		return len(b), nil
	}
	return s.Conn.Write(b)
}

func (p *postOffice) login(rest string, say func(string), line func() string) string {
	decode := func(s string) string {
		b, _ := base64.StdEncoding.DecodeString(s)
		return string(b)
	}
	mechanism, first, _ := strings.Cut(rest, " ")
	if mechanism == "LOGIN" {
		say("334 " + base64.StdEncoding.EncodeToString([]byte("Username:")))
		user := decode(line())
		say("334 " + base64.StdEncoding.EncodeToString([]byte("Password:")))
		return user + " " + decode(line())
	}
	parts := strings.Split(decode(first), "\x00")
	return strings.Join(parts[1:], " ")
}

func (p *postOffice) settings(edits ...func(*MailSettings)) MailSettings {
	s := MailSettings{
		Host: p.host, Port: p.port, Encryption: "StartTLS", From: "Fairlead <fairlead@example.com>", To: []string{"Ops <ops@example.com>", "ann@example.com"},
		Username: "ann", Password: secret, Authorities: p.pem,
	}
	for _, edit := range edits {
		edit(&s)
	}
	return s
}

func TestMail(t *testing.T) {
	for name, tt := range map[string]struct {
		office   func(*postOffice)
		settings func(*MailSettings)
	}{
		"StartTLS":              {},
		"StartTLS, LOGIN":       {office: func(p *postOffice) { p.auth = "LOGIN" }},
		"TLS":                   {office: func(p *postOffice) { p.encrypted = true }, settings: func(s *MailSettings) { s.Encryption = "TLS" }},
		"no encryption":         {settings: func(s *MailSettings) { s.Encryption, s.Username, s.Password = "None", "", "" }},
		"a farewell that fails": {office: func(p *postOffice) { p.says = func(verb string) string { return map[string]string{"RSET": "-"}[verb] } }},
	} {
		t.Run(name, func(t *testing.T) {
			p, s := mailThrough(t, tt.office, tt.settings)
			m := message("shop")
			m.Incidents[0].Title = "shöp is degraded"
			again := recovered(m)
			again.Number = 1
			for _, each := range []notify.Message{m, again} {
				if _, err := s.Post(t.Context(), each); err != nil {
					t.Fatal(err, hint.Of(err))
				}
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if len(p.mails) != 2 || !strings.Contains(p.mails[0].to, "ops@example.com") || !strings.Contains(p.mails[0].to, "ann@example.com") {
				t.Fatalf("mails are %+v", p.mails)
			}
			first, second := read(t, p.mails[0].data), read(t, p.mails[1].data)
			if first.subject != "[fairlead] shöp is degraded" || second.subject != "[fairlead] Recovered: shöp is degraded" {
				t.Errorf("subjects are %q, %q", first.subject, second.subject)
			}
			if id := first.Header.Get("Message-ID"); id != "<fairlead."+m.ID+".0@example.com>" || second.Header.Get("In-Reply-To") != id {
				t.Errorf("they are no thread: %v, %v", first.Header, second.Header)
			}
			if !strings.Contains(first.body, "Who: Ann Lee") || !strings.Contains(first.body, "Next: fairlead status team/shop") {
				t.Errorf("the text is %s", first.body)
			}
			if strings.Contains(strings.Join(p.heard, ""), base64.StdEncoding.EncodeToString([]byte(secret))) {
				t.Error("the login went in the clear")
			}
		})
	}
}

type letter struct {
	*netmail.Message
	subject, body string
}

func read(t *testing.T, data string) letter {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return letter{m, must(new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))), string(body)}
}

func TestMailTrouble(t *testing.T) {
	on := func(verb, answer string) func(*postOffice) {
		return func(p *postOffice) { p.says = func(v string) string { return map[string]string{verb: answer}[v] } }
	}
	for name, tt := range map[string]struct {
		office   func(*postOffice)
		settings func(*MailSettings)
		is, not  error
		err      string
	}{
		"a wrong password":        {settings: func(s *MailSettings) { s.Password = "wrong-" + secret }, is: notify.ErrRefused, err: "535"},
		"an address nobody has":   {office: on("RCPT", "550 5.1.1 no such user"), is: notify.ErrRefused, err: "550"},
		"a server that is busy":   {office: on("MAIL", "451 4.3.2 come back later"), not: notify.ErrRefused, err: "451"},
		"a server that hangs up":  {office: on("DATA", "-"), not: notify.ErrRefused},
		"taken, and not answered": {office: on(".", "-"), is: notify.ErrUnanswered},
		"a strange authority":     {settings: func(s *MailSettings) { s.Authorities = nil }, not: notify.ErrUnanswered, err: "certificate"},
		"a server without TLS":    {office: on("EHLO", "250 mail.example.com"), not: notify.ErrUnanswered, err: "STARTTLS"},
		"nobody there":            {settings: func(s *MailSettings) { s.Port = 1 }, not: notify.ErrUnanswered, err: "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := mailThrough(t, tt.office, tt.settings)
			_, err := s.Post(t.Context(), message("shop"))
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) || tt.not != nil && errors.Is(err, tt.not) || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error is %v", err)
			}
			if text := fmt.Sprint(err) + hint.Of(err); strings.Contains(text, secret) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(secret))) {
				t.Errorf("it shows the password: %s", text)
			}
		})
	}
	for name, settings := range map[string]MailSettings{
		"no address":            {From: "x", To: []string{"a@example.com"}},
		"a line that is broken": {From: "a@example.com", To: []string{"b@example.com>\r\nBcc: <c@example.com"}},
		"a login in the clear":  {From: "a@example.com", To: []string{"b@example.com"}, Encryption: "None", Username: "ann"},
	} {
		if _, err := NewMail(NewReach(true), settings); !errors.Is(err, notify.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// mailThrough is a sink to a post office, both with what a test makes different; nil: nothing.
func mailThrough(t *testing.T, office func(*postOffice), set func(*MailSettings)) (*postOffice, *Mail) {
	t.Helper()
	if office == nil {
		office = func(*postOffice) {}
	}
	p := newPostOffice(t, office)
	settings := p.settings()
	if set != nil {
		set(&settings)
	}
	s, err := NewMail(NewReach(true), settings)
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}
