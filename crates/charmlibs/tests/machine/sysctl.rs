//! Tests of `sysctl` with the parameters of the machine's own network and host name.

use std::fs;

use charmlibs::sysctl::{self, Config, Error};

use crate::test_machine;

#[test]
#[ignore = "needs root: it makes a machine"]
fn parameters_are_set_now_and_at_boot() {
    if !test_machine::rerun_in_machine("sysctl::parameters_are_set_now_and_at_boot") {
        return;
    }
    let merged = || fs::read_to_string("/etc/sysctl.d/95-juju-sysctl.conf").unwrap();
    let (one, two) = (Config::new("one"), Config::new("two"));
    let before = sysctl::get("net.ipv4.ip_default_ttl").unwrap();
    assert_ne!(before, "99");
    let ours = [("net.ipv4.ip_default_ttl", "99"), ("net.ipv4.ping_group_range", "5 6")];
    assert!(one.configure(&ours).unwrap());
    assert!(!one.configure(&ours).unwrap());
    assert_eq!(sysctl::get("net.ipv4.ip_default_ttl").unwrap(), "99");
    assert_eq!(sysctl::get("net.ipv4.ping_group_range").unwrap(), "5 6");
    let file = fs::read_to_string("/etc/sysctl.d/90-juju-one").unwrap();
    assert_eq!(file, "# one\nnet.ipv4.ip_default_ttl=99\nnet.ipv4.ping_group_range=5 6\n");
    assert!(merged().ends_with(&file));

    let error = two.configure(&[("net.ipv4.ip_default_ttl", "98")]).unwrap_err();
    let text = "one has set the kernel parameter net.ipv4.ip_default_ttl to 99, so it cannot be 98";
    assert_eq!(error.to_string(), text);
    assert!(two.configure(&[("net.ipv4.ip_default_ttl", "99"), ("kernel.hostname", "machine")]).unwrap());
    assert!(merged().contains("kernel.hostname=machine"));

    // What the kernel refuses is not written, and parameters that it accepted before that are restored.
    let error =
        two.configure(&[("kernel.hostname", "other"), ("net.ipv4.ip_default_ttl", "99"), ("net.ipv4.tcp_ecn", "x")]);
    let error = error.unwrap_err();
    let text = "could not set the kernel parameter net.ipv4.tcp_ecn to 'x': Invalid argument (os error 22)";
    assert_eq!(error.to_string(), text);
    assert_eq!(sysctl::get("kernel.hostname").unwrap(), "machine");
    assert!(!merged().contains("other"));
    let error = two.configure(&[("kernel.hostname", "other"), ("kernel.gone", "1")]).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    assert_eq!(sysctl::get("kernel.hostname").unwrap(), "machine");

    assert!(one.remove().unwrap());
    assert!(!one.remove().unwrap());
    assert!(two.remove().unwrap());
    assert!(!merged().contains('='));
}
