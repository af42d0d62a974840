package door

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// errToken never says more: neither what the token was nor what the API server found wrong with it.
var errToken = reply.With(http.StatusUnauthorized, hint.With(errors.New("the API server doesn't take this token"),
	"get a new one, such as with: kubectl create token NAME"))

// review asks the API server whose token this is, and until when.
func (d *Door) review(ctx context.Context, token string) (Person, time.Time, error) {
	if token == "" || !printable(token) {
		return Person{}, time.Time{}, errToken
	}
	review, err := d.asks.TokenReviews().Create(ctx,
		&authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	if err != nil {
		// A refusal of the call itself may quote what was sent.
		err = errors.New(strings.ReplaceAll(err.Error(), token, "***"))
		return Person{}, time.Time{}, reply.With(http.StatusBadGateway, hint.With(fmt.Errorf("ask the API server whose token it is: %w", err),
			"see that Fairlead may create tokenreviews, and that the API server answers"))
	}
	if !review.Status.Authenticated || review.Status.Error != "" {
		return Person{}, time.Time{}, errToken
	}
	p := personOf(review.Status.User)
	if err := p.valid(); err != nil {
		return Person{}, time.Time{}, reply.With(http.StatusUnauthorized, err)
	}
	return p, expiry(token), nil
}

// expiry of a token that the API server has just vouched for; zero for one that doesn't say, such as one of a webhook.
func expiry(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var says struct {
		Expires float64 `json:"exp"`
	}
	if json.Unmarshal(claims, &says) != nil || says.Expires <= 0 || says.Expires > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(says.Expires), 0)
}
