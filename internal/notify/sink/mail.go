package sink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// Mail sends by SMTP. What belongs together is a thread in the reader's mailbox.
type Mail struct {
	client   *client
	settings MailSettings
	from     *netmail.Address
	to       []*netmail.Address

	authorities *x509.CertPool
}

// MailSettings say where to and how.
type MailSettings struct {
	Host string
	Port int
	// Encryption is StartTLS, TLS or None.
	Encryption         string
	From               string
	To                 []string
	Username, Password string
	// Authorities in PEM in place of the machine's.
	Authorities []byte
}

// MailTraits of SMTP: it can neither edit nor tell what it has.
var MailTraits = notify.Traits{Gap: time.Second}

// NewMail takes its settings.
func NewMail(r *Reach, s MailSettings) (*Mail, error) {
	c, err := r.client(s.Host, nil, s.Password)
	if err != nil {
		return nil, err
	}
	m := &Mail{client: c, settings: s}
	if m.authorities, err = pool(s.Authorities); err != nil {
		return nil, err
	}
	if m.from, err = netmail.ParseAddress(s.From); err != nil {
		return nil, fmt.Errorf("%w: from: %q is no mail address", notify.ErrRefused, s.From)
	}
	for _, text := range s.To {
		to, err := netmail.ParseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("%w: to: %q is no mail address", notify.ErrRefused, text)
		}
		m.to = append(m.to, to)
	}
	if s.Encryption == "None" && s.Username != "" {
		return nil, hint.With(fmt.Errorf("%w: a login would travel in the clear", notify.ErrRefused), "set encryption to StartTLS or TLS, or take the login out of the Secret")
	}
	return m, nil
}

// Post sends a mail.
func (s *Mail) Post(ctx context.Context, m notify.Message) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var connection net.Conn
	server, err := s.server(func(ctx context.Context, network, address string) (net.Conn, error) {
		var err error
		connection, err = s.client.reach.Dial(ctx, network, address)
		if err == nil && s.settings.Encryption == "TLS" {
			connection = tls.Client(connection, s.tls())
		}
		return connection, err
	})
	if err != nil {
		return "", err
	}
	defer func() {
		if connection != nil {
			_ = connection.Close() // which the library leaves open when greetings fail
		}
	}()
	message := s.write(m)
	err = server.DialAndSendWithContext(ctx, message)
	if err == nil || message.IsDelivered() { // what fails after that is the farewell
		return "", nil
	}
	return "", s.worded(err)
}

func (s *Mail) server(dial mail.DialContextFunc) (*mail.Client, error) {
	options := []mail.Option{
		mail.WithPort(s.settings.Port), mail.WithTimeout(callTime), mail.WithDialContextFunc(dial), mail.WithTLSConfig(s.tls()),
		mail.WithTLSPolicy(mail.TLSMandatory),
	}
	switch s.settings.Encryption {
	case "TLS":
		options = append(options, mail.WithSSL())
	case "None":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.settings.Username != "" {
		// Named, since what the library picks by itself leaves out PLAIN and LOGIN on connections that were made for it. It sends them
		// on encrypted ones alone.
		options = append(options, mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5, mail.SMTPAuthPlain, mail.SMTPAuthLogin),
			mail.WithUsername(s.settings.Username), mail.WithPassword(s.settings.Password))
	}
	server, err := mail.NewClient(s.settings.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", notify.ErrRefused, err)
	}
	return server, nil
}

func (s *Mail) tls() *tls.Config {
	return &tls.Config{ServerName: s.settings.Host, RootCAs: s.authorities, MinVersion: tls.VersionTLS12}
}

func (s *Mail) write(m notify.Message) *mail.Msg {
	out := mail.NewMsg()
	out.FromMailAddress(s.from)
	out.ToMailAddress(s.to...)
	subject := m.Title()
	if m.Number > 0 && !m.Resolved() {
		subject = "Again: " + subject
	}
	out.Subject("[fairlead] " + subject)
	_, domain, _ := strings.Cut(s.from.Address, "@")
	id := func(number int) string { return fmt.Sprintf("fairlead.%s.%d@%s", m.ID, number, domain) }
	out.SetMessageIDWithValue(id(m.Number))
	if m.Number > 0 {
		out.SetGenHeader(mail.HeaderInReplyTo, "<"+id(0)+">")
		out.SetGenHeader(mail.HeaderReferences, "<"+id(0)+">")
	}
	out.SetDateWithValue(time.Now())
	out.SetBulk()
	out.SetBodyString(mail.TypeTextPlain, m.Text())
	return out
}

// worded tells what is to be tried again from what needs a person.
func (s *Mail) worded(err error) error {
	if errors.Is(err, errPrivate) {
		return s.client.unreached(err, s.settings.Host, false)
	}
	text := clip(s.client.scrub(strings.Join(strings.Fields(err.Error()), " ")), 300)
	said := fmt.Errorf("send mail by %s: %s", s.settings.Host, text)
	failed, ok := errors.AsType[*mail.SendError](err)
	switch {
	case !ok && strings.Contains(text, "AUTH"):
		return hint.With(fmt.Errorf("%w: %w", notify.ErrRefused, said), "see that username and password in the Secret are still good")
	case !ok:
		return hint.With(said, "check host, port and encryption, and that Fairlead may reach it")
	case failed.Reason == mail.ErrSMTPDataClose && failed.ErrorCode() == 0:
		return fmt.Errorf("%w: %w", notify.ErrUnanswered, said)
	case failed.ErrorCode() >= 500:
		return hint.With(fmt.Errorf("%w: %w", notify.ErrRefused, said), "see that from and to are addresses which this server takes mail for")
	}
	return said
}
