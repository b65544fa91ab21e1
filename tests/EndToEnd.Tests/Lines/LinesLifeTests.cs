using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Lines;

/// <summary>A scripted client of each line, all at once on one port: login, streams and topics, sends whose reply is lost, a group of two, reads that wait, a new connection,
/// a server that is killed; and each reads what the others have written.</summary>
public sealed class LinesLifeTests
{
    [Fact]
    [Trait("kind", "process")]
    public async Task Life_OfAllLinesAtOnceOverAKill_KeepsEveryMessageForAllOfThem()
    {
        var data = Directory.CreateTempSubdirectory("iggy-lines-").FullName;
        LineLife[] lives = [new ClassicLife(), new RequestsLife(), new SessionsLife()];
        try
        {
            await using (var server = await ServerProcess.StartAsync(data))
            {
                await Task.WhenAll(lives.Select(life => life.BeginAsync(server)));
                await AssertReadEachOtherAsync(lives);
                await server.KillAsync();
            }
            await using (var server = await ServerProcess.StartAsync(data))
            {
                await Task.WhenAll(lives.Select(life => life.ResumeAsync(server)));
                await AssertReadEachOtherAsync(lives);
            }
        }
        finally
        {
            foreach (var life in lives)
                life.Dispose();
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task AssertReadEachOtherAsync(LineLife[] lives)
    {
        foreach (var reader in lives)
        {
            foreach (var writer in lives)
            {
                for (var partition = 0u; partition < 2; partition++)
                    Assert.True(writer.Written[partition].SequenceEqual(await reader.ReadAsync(writer.Stream, writer.Topic, partition)), $"{reader} read partition {partition} of {writer}");
            }
        }
    }
}
