# SPDX-License-Identifier: Apache-2.0
# Sourced by demo and check: installs Debian packages that are missing, and says which.
install_packages() {
    missing=""
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    echo "Installing:$missing"
    sudo=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "run as root, or install sudo: packages are missing:$missing" >&2; return 1; }
        sudo=sudo
    fi
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update -q || return 1
    # shellcheck disable=SC2086 # one word a package
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing || return 1
}

BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config libpcap-dev libssl-dev zlib1g-dev libzstd-dev libnghttp2-dev libminizip-dev libjansson-dev libseccomp-dev libcap-ng-dev node-llhttp"
TEST_PACKAGES="clang libclang-rt-14-dev libcmocka-dev python3 python3-jsonschema tshark wireshark-common openssl zsh fish unzip chromium chromium-driver python3-selenium python3-html5lib poppler-utils iproute2 tcpreplay"
