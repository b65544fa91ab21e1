using System.Globalization;
using System.Text.RegularExpressions;
using Iggy.Protocol;
using Iggy.Protocol.Tests;
using Iggy.Testing;
using static Iggy.Testing.RawClient;
using Shapes = Iggy.EndToEnd.Tests.ReplyShapes;

namespace Iggy.EndToEnd.Tests;

/// <summary>A whole session of a released client, byte for byte as it sent it, replayed to an empty server: the codes that its notes tell, and replies
/// that a strict reader takes.</summary>
/// <remarks>The captured requests are sorted by command, so they are put back into an order in which they make sense.</remarks>
public sealed partial class ReplayTests
{
    private static readonly CommandCode[] s_order =
    [
        CommandCode.Ping, CommandCode.LoginUser, CommandCode.GetClusterMetadata, CommandCode.GetMe, CommandCode.GetClient, CommandCode.GetClients, CommandCode.GetStats,
        CommandCode.CreateStream, CommandCode.CreateTopic, CommandCode.GetStream, CommandCode.GetStreams, CommandCode.GetTopic, CommandCode.GetTopics, CommandCode.UpdateTopic,
        CommandCode.SendMessages, CommandCode.FlushUnsavedBuffer, CommandCode.PollMessages, CommandCode.StoreConsumerOffset, CommandCode.GetConsumerOffset,
        CommandCode.DeleteConsumerOffset, CommandCode.CreatePartitions, CommandCode.DeletePartitions, CommandCode.DeleteSegments,
        CommandCode.CreateUser, CommandCode.GetUser, CommandCode.GetUsers, CommandCode.UpdateUser, CommandCode.UpdatePermissions, CommandCode.ChangePassword, CommandCode.DeleteUser,
        CommandCode.CreatePersonalAccessToken, CommandCode.GetPersonalAccessTokens, CommandCode.DeletePersonalAccessToken,
        CommandCode.PurgeTopic, CommandCode.PurgeStream, CommandCode.DeleteTopic, CommandCode.UpdateStream, CommandCode.DeleteStream, CommandCode.LogoutUser,
    ];

    [Theory]
    [InlineData("csharp", 80)]
    [InlineData("node", 90)]
    public async Task Session_OfAReleasedClient_IsAnsweredAsItsNotesTell(string sdk, int least)
    {
        await using var server = await ServerProcess.StartAsync();
        using var client = await ConnectAsync(server.Tcp);
        var replayed = 0;
        foreach (var vector in s_order.SelectMany(code => Vectors.Requests.Where(vector => vector.Code == code && vector.Sdk == sdk)))
        {
            if (vector.Note.Contains("\"e2e-", StringComparison.Ordinal) || IsOfAGroup(vector))
                continue; // sessions of another run, whose streams were not captured
            var (status, reply) = await client.AskAsync((uint)vector.Code, vector.Payload);
            Assert.True(Expected(vector) == status, $"{vector.Where} {vector.Name}: expected {Expected(vector)}, got {status}: {vector.Note}");
            var reader = new ReplyReader(reply);
            if (status == 0 && reply.Length > 0)
                Shape(vector.Code)(reader);
            Assert.True(reader.IsAtEnd, $"{vector.Where} {vector.Name}: bytes behind the last field of {Convert.ToHexString(reply)}.");
            Assert.True(status != 0 || reply.Length > 0 || Shape(vector.Code) == Shapes.Nothing || CanBeEmpty(vector), $"{vector.Where} {vector.Name}: an empty reply to {vector.Note}");
            replayed++;
        }
        Assert.True(replayed >= least, $"Only {replayed} requests of {sdk}.");
        Assert.Equal(0u, (await client.AskAsync(1)).Status);
    }

    // What the note tells; and what the notes of requests that their client spoilt tell in prose.
    private static uint Expected(Vector vector)
    {
        if (AnsweredNote().Match(vector.Note) is { Success: true } answered)
            return uint.Parse(answered.Groups[1].Value, CultureInfo.InvariantCulture);
        return vector switch
        {
            { Code: CommandCode.UpdateUser } when vector.Note.StartsWith("asked for user", StringComparison.Ordinal) => 20, // there is no such user any more
            { Code: CommandCode.SendMessages } when vector.Note.Contains("partitioning kind 2 99", StringComparison.Ordinal) => 3007,
            _ => 0,
        };
    }

    private static bool IsOfAGroup(Vector vector) => vector.Note.StartsWith("consumer kind 2", StringComparison.Ordinal);

    private static bool CanBeEmpty(Vector vector) => vector.Code switch
    {
        CommandCode.GetStream => vector.Note.Contains("nope", StringComparison.Ordinal) || vector.Note.Contains("za", StringComparison.Ordinal),
        CommandCode.GetUser => vector.Note.Contains("nobody", StringComparison.Ordinal) || vector.Note.Contains("carol", StringComparison.Ordinal),
        CommandCode.GetClient => true, // of the run that was captured
        CommandCode.GetConsumerOffset => !vector.Note.StartsWith("consumer kind 1 #1,", StringComparison.Ordinal) && !vector.Note.StartsWith("consumer kind 1 #0,", StringComparison.Ordinal),
        _ => false,
    };

    private static Action<ReplyReader> Shape(CommandCode code) => code switch
    {
        CommandCode.LoginUser => Shapes.Identity,
        CommandCode.GetClusterMetadata => Shapes.Cluster,
        CommandCode.GetMe or CommandCode.GetClient => Shapes.ClientDetails,
        CommandCode.GetClients => Shapes.Clients,
        CommandCode.GetStats => Shapes.Stats,
        CommandCode.CreateStream => Shapes.NewStream,
        CommandCode.CreateTopic or CommandCode.GetTopic => Shapes.TopicWithPartitions,
        CommandCode.GetStream => Shapes.StreamWithTopics,
        CommandCode.GetStreams => Shapes.Streams,
        CommandCode.GetTopics => Shapes.Topics,
        CommandCode.PollMessages => Shapes.Messages,
        CommandCode.GetConsumerOffset => Shapes.ConsumerOffset,
        CommandCode.CreateUser or CommandCode.GetUser => Shapes.UserDetails,
        CommandCode.GetUsers => Shapes.Users,
        CommandCode.CreatePersonalAccessToken => Shapes.NewToken,
        CommandCode.GetPersonalAccessTokens => Shapes.Tokens,
        _ => Shapes.Nothing,
    };

    [GeneratedRegex("; answered ([0-9]+)$")]
    private static partial Regex AnsweredNote();
}
