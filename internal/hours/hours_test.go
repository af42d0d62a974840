package hours

import (
	"testing"
	"time"
)

func TestNext(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		days     []time.Weekday
		zone     string
		now      string
		want     string
	}{
		"before they begin":              {"09:00", "17:00", nil, "UTC", "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z"},
		"within":                         {"09:00", "17:00", nil, "UTC", "2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z"},
		"after they end":                 {"09:00", "17:00", nil, "UTC", "2026-11-23T17:00:00Z", "2026-11-24T09:00:00Z"},
		"over midnight":                  {"22:00", "07:00", nil, "UTC", "2026-11-23T03:00:00Z", "2026-11-23T03:00:00Z"},
		"on another day":                 {"09:00", "17:00", []time.Weekday{time.Monday}, "UTC", "2026-11-23T18:00:00Z", "2026-11-30T09:00:00Z"},
		"seen from elsewhere":            {"09:00", "17:00", nil, "Europe/Berlin", "2026-11-23T06:00:00Z", "2026-11-23T08:00:00Z"},
		"the day the clock goes forward": {"02:30", "04:00", nil, "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z"},
	} {
		h, err := New(c.from, c.to, c.days, c.zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Next(now).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestWhatIsNoTime(t *testing.T) {
	for _, c := range [][3]string{{"25:00", "07:00", "UTC"}, {"22:00", "seven", "UTC"}, {"22:00", "07:00", "Local"}, {"22:00", "07:00", "Mars/Olympus"}} {
		if _, err := New(c[0], c[1], nil, c[2]); err == nil {
			t.Errorf("%q was taken", c)
		}
	}
}
