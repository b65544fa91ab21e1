using System.Net;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Quic;

/// <summary>What holds for TCP, over QUIC.</summary>
public sealed class QuicCatalogTests(ServerFixture fixture) : CatalogTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => RawQuicStream.Of(server);
}

/// <summary>What holds for TCP, over QUIC.</summary>
public sealed class QuicMessageTests(ServerFixture fixture) : MessageTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => RawQuicStream.Of(server);
}

/// <summary>What holds for TCP, over QUIC.</summary>
public sealed class QuicGroupTests(ServerFixture fixture) : GroupTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => RawQuicStream.Of(server);
}

/// <summary>What holds for TCP, over QUIC.</summary>
public sealed class QuicClassicBodyTests(ServerFixture fixture) : ClassicBodyTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => RawQuicStream.Of(server);
}

/// <summary>What holds for the classic dialect over TCP, in the newer one over QUIC.</summary>
public sealed class NewerQuicCatalogTests(ServerFixture fixture) : NewerCatalogTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Over(RawQuicStream.Of(server));
}

/// <summary>What holds for the classic dialect over TCP, in the newer one over QUIC.</summary>
public sealed class NewerQuicMessageTests(ServerFixture fixture) : NewerMessageTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Over(RawQuicStream.Of(server));
}

/// <summary>What holds for the classic dialect over TCP, in the newer one over QUIC.</summary>
public sealed class NewerQuicGroupTests(ServerFixture fixture) : NewerGroupTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Over(RawQuicStream.Of(server));
}

/// <summary>What holds for the newer dialect over TCP, over QUIC.</summary>
public sealed class QuicVsrSessionTests(ServerFixture fixture) : VsrSessionTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => RawQuicStream.Of(server);
}
