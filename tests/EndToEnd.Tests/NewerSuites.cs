using System.Net;
using Iggy.Client.Connections.Vsr;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests;

/// <summary>The server in the newer dialect, for tests that are written in the classic one: the client's own translation lies in between.</summary>
internal static class NewerDialect
{
    public static EndPoint Of(ServerProcess server) => Over(server.Tcp);

    public static EndPoint Over(EndPoint server) => new LayeredEndPoint(server, static stream => new VsrStream(stream, maxReplyBytes: 512 << 20));

    /// <summary>A size as this dialect counts it: 256 bytes for each batch and 48 for each message, where the classic one has 64 for each message.</summary>
    public static ulong SizeOf(ulong classicBytes, uint messages, uint batches) => classicBytes - (16 * messages) + (256 * batches);

    /// <summary>The code by which a refusal is told, as the client has it: why a login fails is not told, and a session that has ended is evicted.</summary>
    public static uint Told(uint code, uint status) => (code, status) switch
    {
        (38, _) => 42,
        (44, 47) => 40,
        (44, _) => 53,
        (20, 100) => 40,
        (39, 40) => 0, // the state that was asked for is there
        (101 or 121 or 122, 1009 or 2010 or 3007 or 5000) => 20, // where a send or an offset is meant to go there is nothing
        _ => status,
    };
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public class NewerCatalogTests(ServerFixture fixture) : CatalogTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);

    private protected override uint Told(uint code, uint status) => NewerDialect.Told(code, status);

    private protected override uint TooManyToDelete => 2015;

    private protected override ulong AfterZero(ulong before) => before; // 0 is 'not given'

    private protected override byte Replication(byte asked) => 1; // this dialect has no such setting
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerUserTests(ServerFixture fixture) : UserTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);

    private protected override uint Told(uint code, uint status) => NewerDialect.Told(code, status);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerTokenTests : TokenTests
{
    private protected override bool LimitsTokenNames => false;

    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);

    private protected override uint Told(uint code, uint status) => NewerDialect.Told(code, status);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerSystemTests(ServerFixture fixture) : SystemTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);

    private protected override uint Told(uint code, uint status) => NewerDialect.Told(code, status);

    private protected override bool IsToldOfStop => false; // a client takes what comes unasked for the answer to its next request

    private protected override ulong SizeOf(ulong classicBytes, uint messages, uint batches) => NewerDialect.SizeOf(classicBytes, messages, batches);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerLifecycleTests : LifecycleTests
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);

    private protected override ulong SizeOf(ulong classicBytes, uint messages, uint batches) => NewerDialect.SizeOf(classicBytes, messages, batches);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerOpenSessionTests(ServerFixture fixture) : OpenSessionTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);

    private protected override uint Told(uint code, uint status) => NewerDialect.Told(code, status);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public class NewerGroupTests(ServerFixture fixture) : GroupTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);

    private protected override bool IsToldWhatIsMissing => true;

    // This dialect names a partition in each of them, so an operator's write goes there: nothing has been appended, nothing is stored.
    private protected override uint WhileNobodyIsIn(uint code) => code == 121 ? 4100u : 3021u;

    private protected override uint Told(uint code, uint status) => NewerDialect.Told(code, status);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public class NewerMessageTests(ServerFixture fixture) : MessageTests(fixture)
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);

    private protected override ulong SizeOf(ulong classicBytes, uint messages, uint batches) => NewerDialect.SizeOf(classicBytes, messages, batches);

    private protected override uint Told(uint code, uint status) => NewerDialect.Told(code, status);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerMessageLimitTests(ServerFixture fixture) : MessageLimitTests(fixture)
{
    private protected override bool LimitsTokenNames => false;

    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);

    private protected override byte Replication(byte asked) => 1; // this dialect has no such setting
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerPermissionTests : PermissionTests
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);

    private protected override bool IsNewer => true;

    private protected override uint Told(uint code, uint status) => NewerDialect.Told(code, status);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerConcurrencyTests : ConcurrencyTests
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerRetentionTests : RetentionTests
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerDeduplicationTests : DeduplicationTests
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);
}

/// <summary>What holds for the classic dialect, in the newer one.</summary>
public sealed class NewerRestartTests : RestartTests
{
    private protected override EndPoint AddressOf(ServerProcess server) => NewerDialect.Of(server);
}
