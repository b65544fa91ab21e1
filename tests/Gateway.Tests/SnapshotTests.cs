using System.Collections.Immutable;
using System.Text;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Snapshots;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Microsoft.Extensions.Logging.Abstractions;
using SharpCompress.Archives.Zip;

namespace Iggy.Gateway.Tests;

public sealed class SnapshotTests
{
    [Theory]
    [InlineData(SnapshotCompression.Stored)]
    [InlineData(SnapshotCompression.Deflated)]
    [InlineData(SnapshotCompression.Bzip2)]
    [InlineData(SnapshotCompression.Zstd)]
    [InlineData(SnapshotCompression.Lzma)]
    [InlineData(SnapshotCompression.Xz)]
    public async Task Make_AnyCompression_CanBeReadBack(SnapshotCompression compression)
    {
        using var command = NewCommand();
        var archive = await command.MakeAsync(Root(), new GetSnapshotRequest(compression, [SnapshotType.Test, SnapshotType.ServerLogs]));
        using var zip = ZipArchive.OpenArchive(new MemoryStream(archive.ToArray()));
        Assert.Equal(
            [("test.txt", "test\n"), ("server_logs.txt", string.Concat(Enumerable.Repeat("a line of a log\n", 10_000)))],
            zip.Entries.Select(entry => (entry.Key!, new StreamReader(entry.OpenEntryStream(), Encoding.UTF8).ReadToEnd())));
    }

    [Fact]
    public async Task Make_WithoutAFlagOfServers_IsRefusedAfterTheRequestWasJudged()
    {
        using var command = NewCommand();
        var session = new Session(1, TransportKind.Tcp, "");
        session.LogIn(5);
        session.Take(UserAccess.Of(new UserPermissions { Global = (ushort)(UserPermissions.All.Global & ~(ushort)(GlobalPermissions.ManageServers | GlobalPermissions.ReadServers)) }));
        Assert.Equal(IggyError.Unauthorized, await RefusalAsync(command, session, [SnapshotType.Test]));
        Assert.Equal(IggyError.InvalidCommand, await RefusalAsync(command, session, [SnapshotType.All, SnapshotType.Test]));
    }

    [Fact]
    public async Task Make_APartThatCannotBeRead_IsLeftOut_OneThatFailsOtherwiseIs9000()
    {
        using var missing = NewCommand(new IOException("unreadable"));
        var archive = await missing.MakeAsync(Root(), new GetSnapshotRequest(SnapshotCompression.Deflated, [SnapshotType.Test, SnapshotType.ServerConfig]));
        using var zip = ZipArchive.OpenArchive(new MemoryStream(archive.ToArray()));
        Assert.Equal(["test.txt"], zip.Entries.Select(entry => entry.Key));

        using var broken = NewCommand(new InvalidOperationException("broken"));
        Assert.Equal(IggyError.SnapshotFileCompletionFailed, await RefusalAsync(broken, Root(), [SnapshotType.ServerConfig]));
        Assert.NotEqual(0, (await broken.MakeAsync(Root(), new GetSnapshotRequest(SnapshotCompression.Deflated, [SnapshotType.Test]))).Length); // the turn was given back
    }

    private static async Task<IggyError> RefusalAsync(SnapshotCommand command, Session session, ImmutableArray<SnapshotType> types) =>
        (await Assert.ThrowsAsync<CommandRefusedException>(async () => await command.MakeAsync(session, new GetSnapshotRequest(SnapshotCompression.Deflated, types)))).Error;

    private static Session Root()
    {
        var session = new Session(1, TransportKind.Tcp, "");
        session.LogIn(0);
        session.Take(UserAccess.Of(new UserPermissions { Global = (ushort)GlobalPermissions.ManageServers }));
        return session;
    }

    private static SnapshotCommand NewCommand(Exception? fault = null) => new(
        [new TestText(), new Part(SnapshotType.ServerLogs, null), new Part(SnapshotType.ServerConfig, fault)], TimeProvider.System, NullLogger<SnapshotCommand>.Instance);

    private sealed class Part(SnapshotType type, Exception? fault) : ISnapshotPart
    {
        public SnapshotType Type => type;

        public void Write(TextWriter output)
        {
            if (fault is not null)
                throw fault;
            for (var i = 0; i < 10_000; i++)
                output.Write("a line of a log\n");
        }
    }
}
