package door

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// person of the claims. What is missing, empty or of another type makes nobody, and never somebody with less of a name.
func (p *provider) person(claims map[string]any) (Person, error) {
	name, _ := claims[p.NameClaim].(string)
	if strings.TrimSpace(name) == "" {
		return Person{}, hint.With(fmt.Errorf("the provider's token has no %s", p.NameClaim), "have the provider send that claim, or name another")
	}
	if verified, said := claims["email_verified"]; p.NameClaim == "email" && said && verified != true {
		return Person{}, hint.With(errors.New("the provider hasn't verified the e-mail address"), "verify it there")
	}
	if party, said := claims["azp"]; said && party != p.ClientID {
		return Person{}, errors.New("the provider's token was made for another client")
	}
	person := Person{Name: p.Prefix + name}
	groups, err := p.groups(claims)
	if err != nil {
		return Person{}, err
	}
	// Names of Kubernetes' own are the API server's to give: a provider that has a group system:masters isn't its administrator.
	if strings.HasPrefix(person.Name, "system:") {
		return Person{}, hint.With(errors.New("names that begin with system: are Kubernetes' own"), "use a prefix")
	}
	for _, g := range groups {
		if g == "" || strings.HasPrefix(p.Prefix+g, "system:") {
			return Person{}, hint.With(fmt.Errorf("the provider says of %q that it is in the group %q, which is empty or Kubernetes' own", name, g), "use a prefix")
		}
		person.Groups = append(person.Groups, p.Prefix+g)
	}
	return person, person.valid()
}

// groups are a list, or one word, as some providers send them. A claim that isn't there is nobody's group: they leave it out.
func (p *provider) groups(claims map[string]any) ([]string, error) {
	wrong := hint.With(fmt.Errorf("the claim %s of the provider's token isn't a list of names", p.GroupsClaim), "name the claim that is")
	switch said := claims[p.GroupsClaim].(type) {
	case nil:
		return nil, nil
	case string:
		return []string{said}, nil
	case []any:
		groups := make([]string, 0, len(said))
		for _, g := range said {
			name, ok := g.(string)
			if !ok {
				return nil, wrong
			}
			groups = append(groups, name)
		}
		return groups, nil
	}
	return nil, wrong
}
