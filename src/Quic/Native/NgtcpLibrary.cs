using System.Buffers.Binary;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Iggy.Quic.Native;

/// <summary>Finds ngtcp2 and GnuTLS on this machine, once, and proves that the library found lies in memory as we think.</summary>
internal static unsafe class NgtcpLibrary
{
    private static readonly Lazy<Found> _found = new(Find);

    /// <summary>The release in use.</summary>
    public static NgtcpLayout Layout => _found.Value.Layout ?? throw new QuicException(WhyNot!);

    /// <summary>Whether QUIC can be used.</summary>
    public static bool IsAvailable => _found.Value.Layout is not null;

    /// <summary>One line for people: what is missing and what to install. Null when nothing is.</summary>
    public static string? WhyNot => _found.Value.WhyNot;

    private static Found Find()
    {
        // Layouts are known for 64-bit Linux; elsewhere the platform's own QUIC is what to use.
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess || !BitConverter.IsLittleEndian)
            return new(null, 0, 0, "QUIC through ngtcp2 needs 64-bit Linux");

        foreach (var layout in (ReadOnlySpan<NgtcpLayout>)[NgtcpLayout.Release1, NgtcpLayout.Release0])
        {
            if (!NativeLibrary.TryLoad(layout.Library, out var core))
                continue;
            if (!NativeLibrary.TryLoad(layout.CryptoLibrary, out var crypto) || !NativeLibrary.TryLoad(GnuTls.Library, out _))
                return new(null, 0, 0, $"{layout.Library} is there, but {layout.CryptoLibrary} is not; to use QUIC: apt-get install {layout.Packages}");
            if (!DefaultsLieWhereExpected(core, layout))
                return new(null, 0, 0, $"{layout.Library} is of a release that this server does not know");

            NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(),
                (name, _, _) => name switch { Ngtcp.Core => core, Ngtcp.Crypto => crypto, _ => 0 });
            return new(layout, core, crypto, null);
        }
        return new(null, 0, 0, $"libngtcp2 is not installed; to use QUIC: apt-get install {NgtcpLayout.Release0.Packages} (Debian 12) or {NgtcpLayout.Release1.Packages} (Debian 13)");
    }

    /// <summary>The address of a function of the TLS glue, to hand it to ngtcp2 as a callback.</summary>
    public static nint CryptoFunction(string name) => NativeLibrary.GetExport(_found.Value.Crypto, name);

    // The values are defaults of RFC 9000 and of ngtcp2. One that is not where it should be means that writing there would break the library.
    private static bool DefaultsLieWhereExpected(nint core, NgtcpLayout layout)
    {
        var settings = stackalloc byte[Ngtcp.SettingsBytes];
        var parameters = stackalloc byte[Ngtcp.ParamsBytes];
        new Span<byte>(settings, Ngtcp.SettingsBytes).Clear();
        new Span<byte>(parameters, Ngtcp.ParamsBytes).Clear();
        ((delegate* unmanaged<int, byte*, void>)NativeLibrary.GetExport(core, "ngtcp2_settings_default_versioned"))(layout.SettingsVersion, settings);
        ((delegate* unmanaged<int, byte*, void>)NativeLibrary.GetExport(core, "ngtcp2_transport_params_default_versioned"))(1, parameters);

        const ulong millisecond = 1_000_000;
        return At(settings, layout.SettingsInitialRoundTrip) == 333 * millisecond
            && At(settings, layout.SettingsMaxSendPayload) is 1452
            && At(settings, layout.SettingsCongestion) % (1UL << 32) == Ngtcp.CongestionCubic
            && At(parameters, Ngtcp.ParamsMaxPayload) == 65527
            && At(parameters, Ngtcp.ParamsActiveIds) is 2 or 7
            && At(parameters, Ngtcp.ParamsAckDelayExponent) == 3
            && At(parameters, Ngtcp.ParamsMaxAckDelay) == 25 * millisecond;
    }

    private static ulong At(byte* start, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(start + offset, sizeof(ulong)));

    private sealed record Found(NgtcpLayout? Layout, nint Core, nint Crypto, string? WhyNot);
}
