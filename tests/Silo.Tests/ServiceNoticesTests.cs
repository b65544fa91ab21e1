using System.Net.Sockets;
using System.Text;
using Iggy.Silo.Hosting;
using Iggy.Testing;

namespace Iggy.Silo.Tests;

/// <summary>What systemd is told: a socket of datagrams in its place, the real server as the service.</summary>
public sealed class ServiceNoticesTests
{
    [Fact]
    [Trait("kind", "process")]
    public async Task Server_UnderSystemd_TellsReadyThenSignsOfLifeThenStopping()
    {
        var folder = Directory.CreateTempSubdirectory("iggy-notify-").FullName;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            var path = Path.Combine(folder, "notify");
            socket.Bind(new UnixDomainSocketEndPoint(path));
            await using var server = await ServerProcess.StartAsync(
                Directory.CreateDirectory(Path.Combine(folder, "data")).FullName, new Dictionary<string, string> { ["NOTIFY_SOCKET"] = path, ["WATCHDOG_USEC"] = "300000" });

            Assert.Equal("READY=1", await NextAsync(socket));
            for (var sign = 0; sign < 3; sign++)
                Assert.Equal("WATCHDOG=1", await NextAsync(socket));
            var stop = server.StopAsync();
            string told;
            while ((told = await NextAsync(socket)) == "WATCHDOG=1")
            {
            }
            Assert.Equal("STOPPING=1", told);
            Assert.Equal(0, await stop);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("30000000", null, 10_000)]
    [InlineData("30000000", "7", 10_000)]
    [InlineData("30000000", "8", null)] // of a process that started this one
    [InlineData(null, null, null)]
    [InlineData("", "7", null)]
    [InlineData("0", "7", null)]
    [InlineData("-5", "7", null)]
    [InlineData("99999999999999999999", "7", null)]
    [InlineData("soon", "7", null)]
    public void Watchdog_Environment_GivesAThirdOfWhatTheUnitAllows(string? micros, string? pid, int? milliseconds)
    {
        var watchdog = ServiceNotices.Watchdog.Read(name => name switch { "WATCHDOG_USEC" => micros, "WATCHDOG_PID" => pid, _ => null }, 7);
        Assert.Equal(milliseconds, watchdog.Interval?.TotalMilliseconds);
    }

    private static async Task<string> NextAsync(Socket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        var bytes = new byte[256];
        return Encoding.UTF8.GetString(bytes, 0, await socket.ReceiveAsync(bytes, limit.Token));
    }
}
