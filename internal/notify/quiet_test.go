package notify

import (
	"testing"
	"time"
)

func TestQuietHours(t *testing.T) {
	type hours struct {
		from, to string
		days     []time.Weekday
		zone     string
		except   Severity
	}
	night := hours{from: "22:00", to: "07:00", zone: "Europe/Berlin"}
	weekend := hours{from: "00:00", to: "00:00", days: []time.Weekday{time.Saturday, time.Sunday}, zone: "Europe/Berlin"}
	for name, tt := range map[string]struct {
		all       []hours
		severity  Severity
		now, want string
	}{
		"in the day":                        {[]hours{night}, Error, "2026-11-23T12:00:00+01:00", "2026-11-23T12:00:00+01:00"},
		"in the evening":                    {[]hours{night}, Error, "2026-11-23T22:00:00+01:00", "2026-11-24T07:00:00+01:00"},
		"after midnight":                    {[]hours{night}, Error, "2026-11-24T06:59:59+01:00", "2026-11-24T07:00:00+01:00"},
		"at their end":                      {[]hours{night}, Error, "2026-11-24T07:00:00+01:00", "2026-11-24T07:00:00+01:00"},
		"seen from elsewhere":               {[]hours{night}, Error, "2026-11-23T21:30:00Z", "2026-11-24T06:00:00Z"},
		"the night the clock goes back":     {[]hours{night}, Error, "2026-10-24T23:00:00+02:00", "2026-10-25T07:00:00+01:00"},
		"the night the clock goes forward":  {[]hours{night}, Error, "2026-03-28T23:00:00+01:00", "2026-03-29T07:00:00+02:00"},
		"a weekend of two days":             {[]hours{weekend}, Error, "2026-11-21T09:00:00+01:00", "2026-11-23T00:00:00+01:00"},
		"a Friday's night into a weekend":   {[]hours{night, weekend}, Error, "2026-11-20T23:00:00+01:00", "2026-11-23T07:00:00+01:00"},
		"a night that begins on a Friday":   {[]hours{{from: "22:00", to: "07:00", days: []time.Weekday{time.Friday}, zone: "UTC"}}, Error, "2026-11-21T03:00:00Z", "2026-11-21T07:00:00Z"},
		"a night that begins on a Saturday": {[]hours{{from: "22:00", to: "07:00", days: []time.Weekday{time.Friday}, zone: "UTC"}}, Error, "2026-11-22T03:00:00Z", "2026-11-22T03:00:00Z"},
		"an error where errors pass":        {[]hours{{from: "22:00", to: "07:00", zone: "UTC", except: Error}}, Error, "2026-11-22T03:00:00Z", "2026-11-22T03:00:00Z"},
		"a warning where errors pass":       {[]hours{{from: "22:00", to: "07:00", zone: "UTC", except: Error}}, Warning, "2026-11-22T03:00:00Z", "2026-11-22T07:00:00Z"},
		"always":                            {[]hours{{from: "08:00", to: "08:00", zone: "UTC"}}, Error, "2026-11-22T03:00:00Z", "2026-12-05T08:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			var all []Quiet
			for _, h := range tt.all {
				q, err := NewQuiet(h.from, h.to, h.days, h.zone, h.except)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, q)
			}
			now, want := at(t, tt.now), at(t, tt.want)
			if got := quietUntil(all, tt.severity, now); !got.Equal(want) {
				t.Errorf("until %s, want %s", got, want)
			}
		})
	}
	for _, zone := range []string{"Europe/Atlantis", "Local", "../../etc/passwd"} {
		if _, err := NewQuiet("22:00", "07:00", nil, zone, ""); err == nil {
			t.Errorf("%s is a time zone", zone)
		}
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
