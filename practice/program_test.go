package practice

import (
	"strings"
	"testing"
	"time"
)

func TestServersLeaveTheForeground(t *testing.T) {
	for command, want := range map[string]bool{
		"nginx": true, "nginx -g daemon off;": false, "nginx -s reload": false, "cron": true, "cron -f": false, "crond -l 8": true, "sshd -D": false,
		"php-fpm": false, "php-fpm8.2 -D": true, "redis-server --daemonize yes": true, "redis-server /etc/redis.conf": false, "gunicorn --daemon app": true,
		"httpd -DFOREGROUND": false, "httpd -D FOREGROUND": false, "httpd": true, "java -jar x": false, "mongod --fork --logpath x": true,
	} {
		words := strings.Fields(command)
		if got := LeavesForeground(words[0], words[1:]); got != want {
			t.Errorf("%s leaves the foreground: %v, want %v", command, got, want)
		}
	}
}

func TestServicesAreStarted(t *testing.T) {
	for command, want := range map[string]string{
		"service nginx start": "nginx", "systemctl start mariadb.service": "mariadb", "systemctl --now restart x": "x", "/etc/init.d/ssh start": "ssh",
		"service nginx status": "", "systemctl status x": "", "/etc/init.d/ssh": "", "myservice x start": "",
	} {
		words := strings.Fields(command)
		if got := StartsService(words, words[0], words[1:]); got != want {
			t.Errorf("%s starts %q, want %q", command, got, want)
		}
	}
}

func TestPause(t *testing.T) {
	for arg, want := range map[string]time.Duration{
		"5": 5 * time.Second, "0.5": time.Second / 2, "2m": 2 * time.Minute, "1.5h": 90 * time.Minute, "1d": 24 * time.Hour, "infinity": 1 << 62, "99999999999999d": 1 << 62,
		"$INTERVAL": 0, "": 0, "-1": 0,
	} {
		if got := Pause(arg); got != want {
			t.Errorf("sleep %s sleeps %v, want %v", arg, got, want)
		}
	}
}
