//! Which addresses may be dialled: our own table, because "is it global" as libraries answer it lets translation
//! prefixes, multicast and cloud metadata through.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is, as far as dialling it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Part of the public internet.
    Public,
    /// The operator's own network; dialled only for a connection granted `private_network = true`.
    Private(&'static str),
    /// A cloud's metadata service, which hands out machine credentials; never dialled.
    Metadata,
    /// Nothing a connection has business with; never dialled. The text says why.
    Never(&'static str),
}

impl Class {
    /// Whether an address of this class may be dialled.
    #[must_use]
    pub const fn may_dial(self, private_network: bool) -> bool {
        match self {
            Self::Public => true,
            Self::Private(_) => private_network,
            Self::Metadata | Self::Never(_) => false,
        }
    }

    /// The reason in a few words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Public => "public internet",
            Self::Private(reason) | Self::Never(reason) => reason,
            Self::Metadata => "cloud metadata",
        }
    }
}

enum Verdict {
    Is(Class),
    /// The IPv4 address that starts this many bits before the end decides.
    Embedded(u32),
}

use Class::{Metadata, Never, Private};
use Verdict::{Embedded, Is};

struct Row<T>(T, u32, Verdict);

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u32, class: Class) -> Row<Ipv4Addr> {
    Row(Ipv4Addr::new(a, b, c, d), length, Is(class))
}

const fn v6(head: [u16; 4], tail: [u16; 4], length: u32, verdict: Verdict) -> Row<Ipv6Addr> {
    let [a, b, c, d] = head;
    let [e, f, g, h] = tail;
    Row(Ipv6Addr::new(a, b, c, d, e, f, g, h), length, verdict)
}

const ZERO: [u16; 4] = [0; 4];

/// The first row that matches decides, so single addresses stand before the ranges around them.
const V4: &[Row<Ipv4Addr>] = &[
    v4(169, 254, 169, 254, 32, Metadata), // AWS, Azure, GCP and most others
    v4(169, 254, 170, 2, 32, Metadata),   // AWS container credentials
    v4(169, 254, 170, 23, 32, Metadata),  // AWS pod identity
    v4(100, 100, 100, 200, 32, Metadata), // Alibaba Cloud
    v4(192, 0, 0, 192, 32, Metadata),     // Oracle Cloud
    v4(168, 63, 129, 16, 32, Metadata),   // Azure wire server, inside public space
    v4(0, 0, 0, 0, 8, Never("this network")),
    v4(10, 0, 0, 0, 8, Private("private network 10.0.0.0/8")),
    v4(100, 64, 0, 0, 10, Private("carrier-grade NAT")),
    v4(127, 0, 0, 0, 8, Private("loopback")),
    v4(169, 254, 0, 0, 16, Never("link-local")),
    v4(172, 16, 0, 0, 12, Private("private network 172.16.0.0/12")),
    v4(192, 0, 0, 0, 24, Never("IETF protocol assignments")),
    v4(192, 0, 2, 0, 24, Never("documentation")),
    v4(192, 88, 99, 0, 24, Never("6to4 relay")),
    v4(192, 168, 0, 0, 16, Private("private network 192.168.0.0/16")),
    v4(198, 18, 0, 0, 15, Never("benchmarking")),
    v4(198, 51, 100, 0, 24, Never("documentation")),
    v4(203, 0, 113, 0, 24, Never("documentation")),
    v4(224, 0, 0, 0, 4, Never("multicast")),
    v4(255, 255, 255, 255, 32, Never("broadcast")),
    v4(240, 0, 0, 0, 4, Never("reserved")),
];

const V6: &[Row<Ipv6Addr>] = &[
    v6([0xfd00, 0xec2, 0, 0], [0, 0, 0, 0x254], 128, Is(Metadata)), // AWS
    v6([0xfd20, 0xce, 0, 0], [0, 0, 0, 0x254], 128, Is(Metadata)),  // GCP
    v6([0xfd00, 0x42, 0, 0], [0, 0, 0, 0x42], 128, Is(Metadata)),   // Scaleway
    v6(ZERO, ZERO, 128, Is(Never("unspecified"))),
    v6(ZERO, [0, 0, 0, 1], 128, Is(Private("loopback"))),
    v6(ZERO, ZERO, 96, Embedded(0)),                 // IPv4-compatible
    v6(ZERO, [0, 0xffff, 0, 0], 96, Embedded(0)),    // IPv4-mapped
    v6(ZERO, [0xffff, 0, 0, 0], 96, Embedded(0)),    // IPv4-translated
    v6([0x64, 0xff9b, 0, 0], ZERO, 96, Embedded(0)), // NAT64
    v6([0x64, 0xff9b, 1, 0], ZERO, 96, Embedded(0)), // NAT64, local use, in its common layout
    v6([0x64, 0xff9b, 1, 0], ZERO, 48, Is(Never("local NAT64 in an unknown layout"))),
    v6([0x100, 0, 0, 0], ZERO, 64, Is(Never("discard-only"))),
    v6([0x100, 0, 0, 1], ZERO, 64, Is(Never("dummy prefix"))),
    v6([0x2001, 0, 0, 0], ZERO, 32, Is(Never("Teredo"))),
    v6([0x2001, 2, 0, 0], ZERO, 48, Is(Never("benchmarking"))),
    v6([0x2001, 0x10, 0, 0], ZERO, 28, Is(Never("ORCHID"))),
    v6([0x2001, 0x20, 0, 0], ZERO, 28, Is(Never("ORCHIDv2"))),
    v6([0x2001, 0xdb8, 0, 0], ZERO, 32, Is(Never("documentation"))),
    v6([0x2001, 0, 0, 0], ZERO, 23, Is(Never("IETF protocol assignments"))),
    v6([0x2002, 0, 0, 0], ZERO, 16, Embedded(80)), // 6to4
    v6([0x3fff, 0, 0, 0], ZERO, 20, Is(Never("documentation"))),
    v6([0x5f00, 0, 0, 0], ZERO, 16, Is(Never("segment routing"))),
    v6([0xfc00, 0, 0, 0], ZERO, 7, Is(Private("unique local"))),
    v6([0xfe80, 0, 0, 0], ZERO, 10, Is(Never("link-local"))),
    v6([0xfec0, 0, 0, 0], ZERO, 10, Is(Never("site-local"))),
    v6([0xff00, 0, 0, 0], ZERO, 8, Is(Never("multicast"))),
];

/// Says what `address` is.
#[must_use]
pub fn classify(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(address) => classify_v4(address),
        IpAddr::V6(address) => classify_v6(address),
    }
}

fn classify_v4(address: Ipv4Addr) -> Class {
    let bits = address.to_bits();
    V4.iter().find(|Row(base, length, _)| (bits ^ base.to_bits()).leading_zeros() >= *length).map_or(
        Class::Public,
        |Row(_, _, verdict)| match verdict {
            Is(class) => *class,
            Embedded(_) => Never("no such form"),
        },
    )
}

fn classify_v6(address: Ipv6Addr) -> Class {
    let bits = address.to_bits();
    let embedded = |shift: u32| {
        let low = (bits >> shift) & u128::from(u32::MAX);
        classify_v4(Ipv4Addr::from_bits(u32::try_from(low).unwrap_or_default()))
    };
    let row = V6.iter().find(|Row(base, length, _)| (bits ^ base.to_bits()).leading_zeros() >= *length);
    match row {
        Some(Row(_, _, Is(class))) => *class,
        Some(Row(_, _, Embedded(shift))) => embedded(*shift),
        // ISATAP hides an IPv4 address behind any prefix; bit 57 says only whether that address is unique.
        None if (bits >> 32) & 0xfdff_ffff == 0x0000_5efe => embedded(0),
        None if bits >> 125 == 1 => Class::Public,
        None => Never("outside the global unicast range"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vector_has_its_class() {
        let text = include_str!("../../../tests/vectors/addresses.txt");
        let mut count = 0;
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (address, expected) = line.split_once(char::is_whitespace).unwrap();
            let class = match classify(address.parse().unwrap()) {
                Class::Public => "public",
                Class::Private(_) => "private",
                Class::Metadata => "metadata",
                Class::Never(_) => "never",
            };
            assert_eq!(class, expected.trim(), "{address}");
            count += 1;
        }
        assert!(count >= 110, "only {count} vectors");
    }

    #[test]
    fn only_a_grant_opens_the_private_network() {
        let private = classify("10.1.2.3".parse().unwrap());
        assert!(private.may_dial(true) && !private.may_dial(false));
        let metadata = classify("169.254.169.254".parse().unwrap());
        assert!(!metadata.may_dial(true));
    }
}
