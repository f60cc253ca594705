//! A server with TLS on loopback and a certificate made on the spot, so that no key lies in the tree.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const SEQUENCE: u8 = 0x30;
/// ecdsa-with-SHA256.
const SIGNED_WITH: [u8; 12] = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// id-ecPublicKey on prime256v1.
const KEY_KIND: [u8; 21] =
    [0x30, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// Answers every connection once with `head` (a status line and headers), for as long as the test runs.
/// Gives its address and its certificate in PEM.
pub(crate) fn start(head: &'static str) -> (SocketAddr, String) {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("key");
    let certificate = certificate(key.as_ref(), &random);
    let chain = vec![CertificateDer::from(certificate.clone())];
    let key = PrivateKeyDer::try_from(key.as_ref().to_vec()).expect("key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .expect("configuration");
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").expect("loopback"));
    let address = listener.local_addr().expect("address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(config.clone()).expect("connection");
            let mut reader = BufReader::new(StreamOwned::new(connection, stream));
            let mut line = String::new();
            // A client that does not trust us ends here.
            while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
                line.clear();
            }
            let answer = format!("{head}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
            let _ = reader.get_mut().write_all(answer.as_bytes());
            reader.get_mut().conn.send_close_notify();
            let _ = reader.get_mut().flush();
        }
    });
    (address, pem(&certificate))
}

/// A certificate for 127.0.0.1, signed by its own key.
fn certificate(key: &[u8], random: &SystemRandom) -> Vec<u8> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key, random).expect("pair");
    let name =
        der(SEQUENCE, &[&der(0x31, &[&der(SEQUENCE, &[&[6, 3, 0x55, 4, 3], &der(0x0c, &[b"test"])])])]);
    let validity = der(SEQUENCE, &[&der(0x17, &[b"200101000000Z"]), &der(0x17, &[b"490101000000Z"])]);
    let public = der(SEQUENCE, &[&KEY_KIND, &der(3, &[&[0], pair.public_key().as_ref()])]);
    let address = der(4, &[&der(SEQUENCE, &[&der(0x87, &[&[127, 0, 0, 1]])])]);
    let extensions = der(0xa3, &[&der(SEQUENCE, &[&der(SEQUENCE, &[&[6, 3, 0x55, 0x1d, 0x11], &address])])]);
    let version_and_serial = [0xa0, 3, 2, 1, 2, 2, 1, 1];
    let parts: [&[u8]; 7] =
        [&version_and_serial, &SIGNED_WITH, &name, &validity, &name, &public, &extensions];
    let body = der(SEQUENCE, &parts);
    let signature = pair.sign(random, &body).expect("signature");
    der(SEQUENCE, &[&body, &SIGNED_WITH, &der(3, &[&[0], signature.as_ref()])])
}

/// A value in DER: tag, length, contents.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let mut value = vec![tag];
    match contents.len() {
        short @ ..0x80 => value.push(short as u8),
        middle @ 0x80..0x100 => value.extend_from_slice(&[0x81, middle as u8]),
        long => value.extend_from_slice(&[0x82, (long >> 8) as u8, long as u8]),
    }
    value.extend_from_slice(&contents);
    value
}

fn pem(der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for (index, three) in der.chunks(3).enumerate() {
        let bits = three.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for digit in 0..4 {
            let is_padding = digit > three.len();
            let six = bits >> (18 - 6 * digit) & 63;
            text.push(if is_padding { '=' } else { char::from(DIGITS[six as usize]) });
        }
        if index % 16 == 15 {
            text.push('\n');
        }
    }
    text + "\n-----END CERTIFICATE-----\n"
}
