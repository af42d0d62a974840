package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// SignatureHeader carries "sha256=" and the hex HMAC-SHA256 of the body, or of "timestamp.body".
const SignatureHeader = "X-Fairlead-Signature"

// TimestampHeader carries the time in Unix seconds. It is optional; with it the signature covers both, is good for five
// minutes, and good once.
const TimestampHeader = "X-Fairlead-Timestamp"

// Generic is the body of the generic webhook: a push to a repository, or an image.
type Generic struct {
	URL string `json:"url,omitempty"` // of the repository, as people write it
	Ref string `json:"ref,omitempty"` // "refs/heads/main"

	Image string `json:"image,omitempty"` // "ghcr.io/acme/front"
	Tag   string `json:"tag,omitempty"`   // "1.1.0"
}

// Sign returns the value of SignatureHeader for a body, or for "timestamp.body".
func Sign(secret, text []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(text)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// generic is for everything else: a post-receive hook, a build job.
func generic() *forge {
	return &forge{
		name:   "generic",
		marks:  []string{SignatureHeader},
		proof:  []string{SignatureHeader},
		sign:   "send " + SignatureHeader + ": sha256=HMAC(secret, body)",
		limit:  smallBody,
		verify: verifyGeneric,
		read:   readGeneric,
	}
}

func verifyGeneric(d *delivery, s secrets, now time.Time) error {
	timestamp := d.header.Get(TimestampHeader)
	if timestamp == "" {
		return verifyHex("sha256=")(d, s, now)
	}
	sum, ok := hexSum(d.proof, "sha256=")
	if !ok || !s.signed(sum, []byte(timestamp+"."), d.body) {
		return errWrong
	}
	return fresh(timestamp, now)
}

var errNotGeneric = errors.New(`signature is right, but the body is not {"url": "https://…", "ref": "refs/heads/…"} or {"image": "ghcr.io/acme/front", "tag": "1.1.0"}`)

func readGeneric(d *delivery) (event, error) {
	var body Generic
	if decode(d.body, &body) != nil || (body.URL == "") == (body.Image == "" || body.Tag == "") {
		return event{}, errNotGeneric
	}
	e, err := pushEvent([]string{body.URL}, []change{{ref: body.Ref}}, "")
	if body.Image != "" {
		e, err = imageEvent([]image{{body.Image, body.Tag}}, "")
	}
	// Without a timestamp the next push of the branch has the same body and so the same signature: it can't be told from a
	// repeated one, and not to look would be worse than to look twice.
	if timestamp := d.header.Get(TimestampHeader); timestamp != "" {
		e.once = [][]byte{[]byte(timestamp), d.body}
	}
	return e, err
}
