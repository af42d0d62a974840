package admission

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lifetime of a certificate; in its last third it is replaced. Fairlead would have to be down for as long to let one expire.
const lifetime = 365 * 24 * time.Hour

// authoritiesKey of the Secret holds what signed its certificate, and what signed the one before: until all replicas have
// taken the new one, both are shown.
const authoritiesKey = "ca.crt"

// issue makes a certificate for a host, signed by an authority of its own. The authority's key is thrown away: nobody can
// sign another one.
func issue(host string, now time.Time) (map[string][]byte, error) {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "Fairlead admission " + now.UTC().Format(time.RFC3339)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lifetime),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano() + 1), Subject: pkix.Name{CommonName: "Fairlead admission"},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = []string{host}
	}
	authorityText, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return nil, err
	}
	leafText, err := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), authorityKey)
	if err != nil {
		return nil, err
	}
	keyText, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		corev1.TLSCertKey:       encode("CERTIFICATE", leafText),
		corev1.TLSPrivateKeyKey: encode("PRIVATE KEY", keyText),
		authoritiesKey:          encode("CERTIFICATE", authorityText),
	}, nil
}

func encode(kind string, text []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: text})
}

// isGood says whether a Secret's certificate can be shown for a host for a good while yet.
func isGood(data map[string][]byte, host string, now time.Time) bool {
	pair, err := tls.X509KeyPair(data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey])
	authorities := x509.NewCertPool()
	if err != nil || !authorities.AppendCertsFromPEM(data[authoritiesKey]) {
		return false
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: authorities, CurrentTime: now})
	return err == nil && now.Add(lifetime/3).Before(pair.Leaf.NotAfter)
}

// withFormer adds the authority of the certificate before to those of a new one.
func withFormer(data, former map[string][]byte) map[string][]byte {
	if first, _ := pem.Decode(former[authoritiesKey]); first != nil && first.Type == "CERTIFICATE" {
		data[authoritiesKey] = append(bytes.Clone(data[authoritiesKey]), pem.EncodeToMemory(first)...)
	}
	return data
}

const (
	lookEvery  = time.Minute // at what nobody is expected to change
	retryAfter = time.Second // what isn't there yet, or went wrong
)

// loadCertificate takes the certificate from the Secret, and again when the leader has replaced it.
func (w *Webhook) loadCertificate(ctx context.Context) {
	every(ctx, func() (next time.Duration) {
		secret, err := w.core.Secrets(w.options.OwnNamespace).Get(ctx, name, metav1.GetOptions{})
		if err == nil {
			w.show(secret)
		}
		if w.certificate.Load() == nil {
			return retryAfter // the leader says what is wrong with it
		}
		return lookEvery
	})
}

// show takes the certificate of a Secret; if it has none that is whole, the one before is kept.
func (w *Webhook) show(secret *corev1.Secret) {
	if pair, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey]); err == nil {
		w.certificate.Store(&pair)
	}
}

// replaceCertificate puts a new one into the Secret, or into a new Secret if that is nil. API servers are told of its
// authority first.
func (w *Webhook) replaceCertificate(ctx context.Context, secret *corev1.Secret) (*corev1.Secret, error) {
	data, err := issue(w.host, time.Now())
	if err != nil {
		return nil, err
	}
	secrets := w.core.Secrets(w.options.OwnNamespace)
	if secret == nil {
		secret = &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels()}, Type: corev1.SecretTypeTLS, Data: data}
		return secrets.Create(ctx, secret, metav1.CreateOptions{FieldManager: manager})
	}
	secret.Data = withFormer(data, secret.Data)
	if w.Ready() {
		if err := w.configure(ctx, secret.Data[authoritiesKey]); err != nil {
			return nil, err
		}
	}
	return secrets.Update(ctx, secret, metav1.UpdateOptions{FieldManager: manager})
}
