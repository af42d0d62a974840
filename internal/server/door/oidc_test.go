package door

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// idp is an OpenID Connect provider at which everybody is ada, at once.
type idp struct {
	*httptest.Server
	key, signs *rsa.PrivateKey // what it publishes, and what it signs with
	scopes     []string        // that it has
	change     func(claims map[string]any)
	answer     map[string]any // instead of tokens

	challenge, nonce, redirect, scope, secret string
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{key: key, signs: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply.JSON(w, 200, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "scopes_supported": p.scopes,
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		reply.JSON(w, 200, map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": base64.RawURLEncoding.EncodeToString(p.key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(p.key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || !strings.Contains(q.Get("scope"), "openid") {
			http.Error(w, "no code flow with PKCE", http.StatusBadRequest)
			return
		}
		p.challenge, p.nonce, p.redirect, p.scope = q.Get("code_challenge"), q.Get("nonce"), q.Get("redirect_uri"), q.Get("scope")
		http.Redirect(w, r, p.redirect+"?"+url.Values{"code": {"the code"}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewTLSServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	_, secret, _ := r.BasicAuth()
	if r.FormValue("code") != "the code" || base64.RawURLEncoding.EncodeToString(sum[:]) != p.challenge || secret != p.secret {
		reply.JSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "the code is " + r.FormValue("code")})
		return
	}
	claims := map[string]any{
		"iss": p.URL, "sub": "1", "aud": "fairlead", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": p.nonce,
		"email": "ada@example.com", "email_verified": true, "groups": []string{"shop", "ops"},
	}
	if p.change != nil {
		p.change(claims)
	}
	answer := map[string]any{"access_token": "an access token", "token_type": "Bearer", "id_token": sign(p.signs, claims)}
	maps.Copy(answer, p.answer)
	reply.JSON(w, 200, answer)
}

func sign(key *rsa.PrivateKey, claims map[string]any) string {
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// atProvider is a door before p, and a browser that stands there.
func atProvider(t *testing.T, p *idp, change func(*OIDC)) (page string, browser *http.Client, log func() string) {
	t.Helper()
	p.secret = "client-secret-of-fairlead"
	settings := OIDC{
		Issuer: p.URL, ClientID: "fairlead", ClientSecret: p.secret, NameClaim: "email", GroupsClaim: "groups", Prefix: "oidc:",
		Authorities: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}),
	}
	if change != nil {
		change(&settings)
	}
	mux := http.NewServeMux()
	server := httptest.NewUnstartedServer(mux)
	d, written := newDoor(t, func(o *Options) {
		o.Addresses = []string{"http://" + server.Listener.Addr().String()}
		o.OIDC = &settings
	})
	mux.Handle("GET /api/v1/sign-in/oidc", d.Guard(http.HandlerFunc(d.SignInByOIDC)))
	mux.Handle("GET "+CallbackPath, d.Guard(http.HandlerFunc(d.ComeBack)))
	mux.Handle("GET /api/v1/me", d.Guard(http.HandlerFunc(d.Me)))
	mux.Handle("GET /api/v1/sign-in", d.Guard(http.HandlerFunc(d.Ways)))
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) })
	server.Start()
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser = p.Client()
	browser.Jar = jar
	return server.URL, browser, written.String
}

func read(t *testing.T, browser *http.Client, address string) string {
	t.Helper()
	response, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestSignInAtAProvider(t *testing.T) {
	p := newIDP(t)
	page, browser, log := atProvider(t, p, nil)
	if got := read(t, browser, page+"/api/v1/sign-in/oidc?return=/drift"); got != "page /drift" {
		t.Errorf("ends at %q", got)
	}
	var me struct {
		Name, Via string
		Groups    []string
		Expires   int64
	}
	if err := json.Unmarshal([]byte(read(t, browser, page+"/api/v1/me")), &me); err != nil {
		t.Fatal(err)
	}
	if until := time.Until(time.Unix(me.Expires, 0)); until > time.Hour || until < 55*time.Minute {
		t.Errorf("the session ends in %s, the token in an hour", until)
	}
	me.Expires = 0
	want := me
	want.Name, want.Via, want.Groups = "oidc:ada@example.com", ByOIDC, []string{"oidc:shop", "oidc:ops"}
	if diff := cmp.Diff(want, me); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(log(), `what="sign in" who=oidc:ada@example.com via=oidc`) {
		t.Errorf("the audit says %s", log())
	}
	for _, secret := range []string{"the code", "client-secret-of-fairlead", "an access token", p.nonce} {
		if strings.Contains(log(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

func TestWhomAProviderDoesNotMake(t *testing.T) {
	p := newIDP(t)
	another, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	says := func(claim string, value any) func(map[string]any) {
		return func(claims map[string]any) {
			if claims[claim] = value; value == nil {
				delete(claims, claim)
			}
		}
	}
	for name, tt := range map[string]struct {
		claims   func(map[string]any)
		settings func(*OIDC)
		signs    *rsa.PrivateKey
		answer   map[string]any
		why      string
	}{
		"no name":                             {claims: says("email", nil), why: "has no email"},
		"an empty name":                       {claims: says("email", ""), why: "has no email"},
		"a blank name":                        {claims: says("email", "  "), why: "has no email"},
		"a number for a name":                 {claims: says("email", 7), why: "has no email"},
		"a name of two lines":                 {claims: says("email", "ada\nbob"), why: "can't be shown"},
		"an address that isn't verified":      {claims: says("email_verified", false), why: "hasn't verified"},
		"an address that is verified, so-so":  {claims: says("email_verified", "true"), why: "hasn't verified"},
		"groups that are a number":            {claims: says("groups", 7), why: "isn't a list"},
		"groups of groups":                    {claims: says("groups", []any{[]string{"a"}}), why: "isn't a list"},
		"a group without a name":              {claims: says("groups", []string{""}), why: "empty or Kubernetes' own"},
		"Kubernetes' administrators":          {claims: says("groups", []string{"system:masters"}), settings: func(o *OIDC) { o.Prefix = "" }, why: "Kubernetes' own"},
		"a Kubernetes component":              {claims: says("email", "system:kube-scheduler"), settings: func(o *OIDC) { o.Prefix = "" }, why: "Kubernetes' own"},
		"administrators by a prefix":          {claims: says("groups", []string{"masters"}), settings: func(o *OIDC) { o.Prefix = "system:" }, why: "Kubernetes' own"},
		"another sign-in's nonce":             {claims: says("nonce", "another"), why: "another sign-in"},
		"no nonce":                            {claims: says("nonce", nil), why: "another sign-in"},
		"another client's token":              {claims: says("aud", "grafana"), why: "doesn't hold"},
		"a token handed on by another client": {claims: says("azp", "grafana"), why: "another client"},
		"another issuer":                      {claims: says("iss", "https://evil.example"), why: "doesn't hold"},
		"an expired token":                    {claims: says("exp", time.Now().Add(-time.Hour).Unix()), why: "doesn't hold"},
		"a signature by another key":          {signs: another, why: "doesn't hold"},
		"no signature":                        {answer: map[string]any{"id_token": "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFkYSJ9."}, why: "doesn't hold"},
		"no identity token":                   {answer: map[string]any{"id_token": nil}, why: "doesn't hold"},
		"a wrong client secret":               {settings: func(o *OIDC) { o.ClientSecret = "wrong" }, why: "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			if p.signs = p.key; tt.signs != nil {
				p.signs = tt.signs
			}
			p.change, p.answer = tt.claims, tt.answer
			page, browser, log := atProvider(t, p, tt.settings)
			if got := read(t, browser, page+"/api/v1/sign-in/oidc"); got != "page /" {
				t.Errorf("ends at %q", got)
			}
			if got := read(t, browser, page+"/api/v1/me"); !strings.Contains(got, "nobody is signed in") {
				t.Errorf("signed in as %s", got)
			}
			if got := read(t, browser, page+"/api/v1/sign-in"); !strings.Contains(got, tt.why) {
				t.Errorf("the page is told %s, want %q", got, tt.why)
			}
			if got := log(); !strings.Contains(got, "audit") || strings.Contains(got, "the code is") {
				t.Errorf("the audit says %s", got)
			}
		})
	}
}

func TestWhatAProviderIsAskedFor(t *testing.T) {
	p := newIDP(t)
	for name, tt := range map[string]struct {
		has, asked []string
		want       string
	}{
		"a provider that doesn't say":  {nil, nil, "openid email"},
		"a provider with groups":       {[]string{"openid", "groups"}, nil, "openid email groups"},
		"scopes that were asked for":   {[]string{"groups"}, []string{"profile"}, "openid profile"},
		"nothing that was asked for":   {[]string{"groups"}, []string{}, "openid"},
		"a provider with other claims": {[]string{"roles"}, nil, "openid email"},
	} {
		p.scopes = tt.has
		page, browser, _ := atProvider(t, p, func(o *OIDC) { o.Scopes = tt.asked })
		if read(t, browser, page+"/api/v1/sign-in/oidc"); p.scope != tt.want {
			t.Errorf("%s: asked for %q, want %q", name, p.scope, tt.want)
		}
	}
}

func TestPersonsWithoutGroups(t *testing.T) {
	for name, claims := range map[string]map[string]any{"no claim": {"sub": "ada"}, "an empty list": {"sub": "ada", "groups": []any{}}} {
		p := &provider{OIDC: OIDC{NameClaim: "sub", GroupsClaim: "groups"}}
		got, err := p.person(claims)
		if diff := cmp.Diff(Person{Name: "ada"}, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// Only the browser that began a sign-in ends it, once: else somebody could be signed in as another.
func TestASignInEndsWhereItBegan(t *testing.T) {
	p := newIDP(t)
	page, browser, _ := atProvider(t, p, nil)
	victim := &http.Client{Transport: browser.Transport}
	victim.Jar, _ = cookiejar.New(nil)
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == CallbackPath {
			return http.ErrUseLastResponse
		}
		return nil
	}
	response, err := browser.Get(page + "/api/v1/sign-in/oidc")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	back := response.Header.Get("Location")
	for name, address := range map[string]string{
		"the attacker's whole address": back, "no state": page + CallbackPath + "?code=the+code", "an empty state": page + CallbackPath + "?code=the+code&state=",
	} {
		read(t, victim, address)
		if got := read(t, victim, page+"/api/v1/me"); !strings.Contains(got, "nobody is signed in") {
			t.Errorf("%s: signed in as %s", name, got)
		}
	}
	read(t, browser, back)
	if got := read(t, browser, page+"/api/v1/me"); !strings.Contains(got, "ada") {
		t.Errorf("in the browser that began it: %s", got)
	}
}

func TestProvidersThatCanNotBe(t *testing.T) {
	addresses := []string{"https://fairlead.example.com"}
	fine := OIDC{Issuer: "https://idp.example.com", ClientID: "fairlead", NameClaim: "sub"}
	for name, tt := range map[string]struct {
		change    func(*OIDC)
		addresses []string
	}{
		"nowhere to come back to":        {func(*OIDC) {}, nil},
		"no client ID":                   {func(o *OIDC) { o.ClientID = "" }, addresses},
		"no claim for the name":          {func(o *OIDC) { o.NameClaim = "" }, addresses},
		"an issuer without https":        {func(o *OIDC) { o.Issuer = "http://idp.example.com" }, addresses},
		"authorities that are none":      {func(o *OIDC) { o.Authorities = []byte("x") }, addresses},
		"an issuer that is only a start": {func(o *OIDC) { o.Issuer = "" }, addresses},
	} {
		o := fine
		tt.change(&o)
		if _, err := newProvider(o, tt.addresses); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := newProvider(fine, addresses); err != nil {
		t.Error(err)
	}
}
