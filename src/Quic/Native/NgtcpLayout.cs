namespace Iggy.Quic.Native;

/// <summary>What differs between the two releases of ngtcp2 that Debian ships: where fields lie in the structs that we fill, and the numbers of errors.</summary>
/// <remarks>Offsets in bytes on 64-bit Linux, taken with <c>offsetof</c> from each release's own header; <see cref="NgtcpLibrary"/> compares the
/// defaults that the library writes with what must stand there before it is used. What is the same in both stands in <see cref="Ngtcp"/>.</remarks>
internal sealed record NgtcpLayout
{
    public required string Release { get; init; }
    public required string Library { get; init; }
    public required string CryptoLibrary { get; init; }

    /// <summary>The Debian packages that bring the two libraries.</summary>
    public required string Packages { get; init; }

    public required int SettingsVersion { get; init; }
    public required int SettingsCongestion { get; init; }
    public required int SettingsInitialTimestamp { get; init; }
    public required int SettingsInitialRoundTrip { get; init; }
    public required int SettingsMaxSendPayload { get; init; }
    public required int SettingsToken { get; init; } // a pointer, then its length
    public required int SettingsMaxWindow { get; init; }
    public required int SettingsMaxStreamWindow { get; init; }
    public required int SettingsNoPayloadShaping { get; init; }
    public required int SettingsHandshakeTimeout { get; init; }
    public required int ParamsRetryIdPresent { get; init; }
    public required int ParamsResetToken { get; init; }

    /// <summary>Where the original id is declared present; 0 where the release needs no word on it.</summary>
    public required int ParamsOriginalIdPresent { get; init; }

    // Error numbers; the newer release closed the gaps of the older one.
    public required int StreamDataBlocked { get; init; }
    public required int CryptoError { get; init; }
    public required int StreamShut { get; init; }
    public required int StreamNotFound { get; init; }
    public required int Draining { get; init; }
    public required int WriteMore { get; init; }
    public required int Retry { get; init; }
    public required int DropConnection { get; init; }
    public required int HandshakeTimeout { get; init; }
    public required int IdleClose { get; init; }

    /// <summary>Debian 12.</summary>
    public static NgtcpLayout Release0 { get; } = new()
    {
        Release = "0.12",
        Library = "libngtcp2.so.9",
        CryptoLibrary = "libngtcp2_crypto_gnutls.so.2",
        Packages = "libngtcp2-9 libngtcp2-crypto-gnutls2",
        SettingsVersion = 1,
        SettingsCongestion = 40,
        SettingsInitialTimestamp = 48,
        SettingsInitialRoundTrip = 56,
        SettingsMaxSendPayload = 72,
        SettingsToken = 80,
        SettingsMaxWindow = 104,
        SettingsMaxStreamWindow = 112,
        SettingsNoPayloadShaping = 128,
        SettingsHandshakeTimeout = 136,
        ParamsRetryIdPresent = 290,
        ParamsResetToken = 292,
        ParamsOriginalIdPresent = 0,
        StreamDataBlocked = -210,
        CryptoError = -215,
        StreamShut = -221,
        StreamNotFound = -222,
        Draining = -231,
        WriteMore = -240,
        Retry = -241,
        DropConnection = -242,
        HandshakeTimeout = -246,
        IdleClose = -248,
    };

    /// <summary>Debian 13 and the backports of Debian 12.</summary>
    public static NgtcpLayout Release1 { get; } = new()
    {
        Release = "1",
        Library = "libngtcp2.so.16",
        CryptoLibrary = "libngtcp2_crypto_gnutls.so.8",
        Packages = "libngtcp2-16 libngtcp2-crypto-gnutls8",
        SettingsVersion = 2,
        SettingsCongestion = 8,
        SettingsInitialTimestamp = 16,
        SettingsInitialRoundTrip = 24,
        SettingsMaxSendPayload = 40,
        SettingsToken = 48,
        SettingsMaxWindow = 80,
        SettingsMaxStreamWindow = 88,
        SettingsNoPayloadShaping = 104,
        SettingsHandshakeTimeout = 112,
        ParamsRetryIdPresent = 292,
        ParamsResetToken = 294,
        ParamsOriginalIdPresent = 290,
        StreamDataBlocked = -208,
        CryptoError = -213,
        StreamShut = -219,
        StreamNotFound = -220,
        Draining = -224,
        WriteMore = -230,
        Retry = -231,
        DropConnection = -232,
        HandshakeTimeout = -236,
        IdleClose = -238,
    };
}
