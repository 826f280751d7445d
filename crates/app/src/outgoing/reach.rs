//! Where may be called: not into the network the server stands in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// This machine, and without TLS: for trying in test mode.
    pub loopback: bool,
    /// Private networks: for a shop in the same one.
    pub private: bool,
}

impl Reach {
    /// Whether this address may be called.
    pub fn allows(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if address.is_loopback() {
            return self.loopback;
        }
        let private = match address {
            IpAddr::V4(v4) => closed_v4(v4),
            IpAddr::V6(v6) => closed_v6(v6),
        };
        !private || (self.private && !address.is_unspecified() && !address.is_multicast())
    }
}

fn closed_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0)
}

fn closed_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    address.is_unspecified()
        || address.is_multicast()
        || (first & 0xfe00) == 0xfc00
        || (first & 0xffc0) == 0xfe80
        // Addresses that stand for IPv4 ones: 6to4, NAT64, Teredo.
        || first == 0x2002
        || (first == 0x64 && second == 0xff9b)
        || (first == 0x2001 && second == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_network_is_closed() {
        let (open, all) = (Reach::default(), Reach { loopback: true, private: true });
        for closed in [
            "127.0.0.1",
            "::1",
            "10.0.0.1",
            "172.16.9.9",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
        ] {
            let address: IpAddr = closed.parse().unwrap();
            assert!(!open.allows(address), "{closed}");
            assert!(all.allows(address), "{closed}");
        }
        for never in ["0.0.0.0", "::", "224.0.0.1", "ff02::1"] {
            assert!(!all.allows(never.parse().unwrap()), "{never}");
        }
        for public in ["1.1.1.1", "2606:4700::1111"] {
            assert!(open.allows(public.parse().unwrap()), "{public}");
        }
    }
}
