using System.Diagnostics;
using System.Globalization;
using Iggy.Testing;

namespace Iggy.Gateway.Grpc.Tests;

/// <summary>A client that shares nothing with this code: the one of npm, with the published files.</summary>
public sealed class NodeClientTests(GrpcFixture fixture)
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private static string Folder => Path.Combine(RepositoryPaths.Root, "tests", "Gateway.Grpc.Tests");

    // Goal: a member that is killed loses nothing: the next one goes on behind what was acknowledged. Method: one that acknowledges nothing is killed after it got
    // messages, one that acknowledges is killed after some of them, and a third gets the rest.
    [Fact]
    public async Task Member_ThatIsKilled_ResumesWithoutLoss()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(Folder, "node_modules", "@grpc", "grpc-js", "package.json")), "the client is not here: npm install in tests/Gateway.Grpc.Tests brings it");
        var stream = await fixture.NewGroupAsync();
        using (var sender = Run("send", stream, "0", "40"))
            Assert.Equal("sent at 0", await sender.ReadAsync("sent"));

        using (var first = Run("consume", stream, "false"))
        {
            Assert.Equal("reads 1", await first.ReadAsync("reads"));
            for (var i = 0; i < 10; i++)
                Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"got {i} node"), await first.ReadAsync("got"));
            first.Kill();
        }

        int acknowledged;
        using (var second = Run("consume", stream, "true"))
        {
            Assert.Equal("got 0 node", await second.ReadAsync("got")); // nothing was acknowledged
            acknowledged = int.Parse((await second.ReadAsync("acked"))[6..], CultureInfo.InvariantCulture);
            second.Kill();
        }

        using (var sender = Run("send", stream, "40", "10"))
            await sender.ReadAsync("sent");
        using var third = Run("consume", stream, "true");
        var next = int.Parse((await third.ReadAsync("got")).Split(' ')[1], CultureInfo.InvariantCulture);
        Assert.InRange(next, acknowledged + 1, 40); // more may have been acknowledged before the kill came
        for (var i = next + 1; i < 50; i++)
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"got {i} node"), await third.ReadAsync("got"));
    }

    private NodeProcess Run(string command, string stream, params string[] more) => new(
        ["client.js", command, fixture.Server.Grpc.ToString(), Path.Combine(RepositoryPaths.Root, "src", "Gateway.Grpc", "Protos"), fixture.Token, stream, .. more]);

    private sealed class NodeProcess : IDisposable
    {
        private readonly Process _process;

        public NodeProcess(string[] arguments) => _process = Process.Start(new ProcessStartInfo("node", arguments)
        {
            WorkingDirectory = Folder, RedirectStandardOutput = true,
        })!;

        /// <summary>The next line that begins so; others are passed over.</summary>
        public async Task<string> ReadAsync(string beginning)
        {
            while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None).AsTask().WaitAsync(_limit) is { } line)
            {
                if (line.StartsWith(beginning, StringComparison.Ordinal))
                    return line;
            }
            throw new InvalidOperationException($"The client ended before it said '{beginning}'.");
        }

        public void Kill() => _process.Kill(); // as kill -9 does

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
