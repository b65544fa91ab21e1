using System.Buffers.Binary;
using System.Diagnostics;
using Iggy.Quic;
using Iggy.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.EndToEnd.Tests.Quic;

/// <summary>What connections leave behind in the server.</summary>
[Trait("kind", "process")]
public sealed class QuicMemoryTests
{
    private const int Cycles = 2000;

    // Goal: nothing of a closed connection stays, neither of ours nor of the native libraries. Method: the memory of the process after as many
    // connections as warm it up, and after 2000 more. The collector has little to be lazy with: with all the memory of the machine it leaves garbage of
    // 9 KiB a connection for long, which is not what is looked for.
    [Fact]
    public async Task Connections_TwoThousand_LeaveMemoryFlat()
    {
        await using var server = await QuicServerFixture.StartAsync(("DOTNET_GCHeapHardLimit", "0x3000000"));
        Assert.SkipWhen(server.Quic.Port == 0, "The server has no QUIC library.");
        await CycleAsync(server, Cycles / 2);
        var before = ResidentBytes(server);
        await CycleAsync(server, Cycles);
        var grown = ResidentBytes(server) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"grown by {grown / 1024} KiB over {Cycles} connections, from {before / 1024} KiB");
        // 8 KiB for each would be 16 MiB; a connection takes some 100 KiB while it lives.
        Assert.True(grown < 16 * 1024 * 1024, $"The server grew by {grown} B over {Cycles} connections.");
    }

    private static async Task CycleAsync(ServerProcess server, int count)
    {
        using var credentials = TlsCredentials.ForClient(null, null);
        var answer = new byte[8];
        for (var i = 0; i < count; i++)
        {
            var (endpoint, connection) = await QuicEndpoint.ConnectAsync(
                server.Quic, credentials, "localhost", offersProtocol: false, new QuicSettings(), NullLogger.Instance, TestContext.Current.CancellationToken);
            await using (endpoint)
            {
                await using var stream = await connection.OpenStreamAsync(TestContext.Current.CancellationToken);
                var sending = stream.SendAsync(RawClient.Frame(1), isLast: true).AsTask();
                var received = 0;
                for (int more; (more = await stream.ReceiveAsync(answer.AsMemory(received))) > 0;)
                    received += more;
                Assert.Equal(8, received);
                Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(answer));
                await sending;
            }
        }
    }

    private static long ResidentBytes(ServerProcess server)
    {
        using var process = Process.GetProcessById(server.ProcessId);
        return process.WorkingSet64;
    }
}
