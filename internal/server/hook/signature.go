package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// staleAfter is how far a signed timestamp may be from this clock, either way: that of Standard Webhooks' libraries.
const staleAfter = 5 * time.Minute

var (
	errWrong = errors.New("wrong signature or secret")
	errStale = errors.New("the signature is right, but its timestamp is more than 5 minutes away from this clock")
)

// secrets are all that are good now. All are tried, so that the time taken does not tell which one fits.
type secrets [][]byte

// signed says whether sum is the HMAC-SHA256 of the parts, one after the other, under any of the secrets.
func (s secrets) signed(sum []byte, parts ...[]byte) bool {
	found := false
	for _, key := range s {
		mac := hmac.New(sha256.New, key)
		for _, part := range parts {
			mac.Write(part)
		}
		if hmac.Equal(mac.Sum(nil), sum) {
			found = true
		}
	}
	return found
}

// contain compares digests: comparing the words themselves would tell how long a secret is.
func (s secrets) contain(word string) bool {
	sum, found := sha256.Sum256([]byte(word)), false
	for _, secret := range s {
		digest := sha256.Sum256(secret)
		if subtle.ConstantTimeCompare(digest[:], sum[:]) == 1 {
			found = true
		}
	}
	return found
}

// decoded returns the keys that Standard Webhooks writes as whsec_ and base64; others are taken as they are.
func (s secrets) decoded() secrets {
	keys := make(secrets, 0, len(s))
	for _, secret := range s {
		text, isToken := strings.CutPrefix(string(secret), "whsec_")
		if key, err := base64.StdEncoding.DecodeString(text); isToken && err == nil && len(key) > 0 {
			secret = key
		}
		keys = append(keys, secret)
	}
	return keys
}

// verifyHex checks a hex HMAC-SHA256 of the body that stands in the proof after the prefix.
func verifyHex(prefix string) func(*delivery, secrets, time.Time) error {
	return func(d *delivery, s secrets, _ time.Time) error {
		sum, ok := hexSum(d.proof, prefix)
		if !ok || !s.signed(sum, d.body) {
			return errWrong
		}
		return nil
	}
}

func hexSum(proof, prefix string) (sum []byte, ok bool) {
	text, ok := strings.CutPrefix(proof, prefix)
	sum, err := hex.DecodeString(text)
	return sum, ok && err == nil
}

// fresh is asked after the signature, which covers the timestamp: before that it means nothing.
func fresh(timestamp string, now time.Time) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > staleAfter {
		return errStale
	}
	return nil
}
