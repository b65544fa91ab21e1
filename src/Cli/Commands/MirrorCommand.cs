using System.CommandLine;
using Iggy.Cli.Help;
using Iggy.Cli.Mirroring;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy mirror</c>: brings this server up to another one, also to Apache Iggy.</summary>
internal sealed class MirrorCommand
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly Argument<string[]> _streams = new("STREAMS") { Description = "Names of streams. Without them, all.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _from = new("--from") { Description = "The server to read: iggy://user:password@host:port, with ?dialect=classic for Apache Iggy up to 0.8.", HelpName = "connection", Required = true };
    private readonly Option<string[]> _consumers = new("--consumer", "-c") { Description = "A single consumer whose stored offsets come along, by id or name; may be given again. Groups come by themselves.", HelpName = "id" };
    private readonly Option<string?> _name = new("--name") { Description = "Under which the source keeps how far this is. Default: mirror-<address of the target>.", HelpName = "name" };
    private readonly Option<bool> _follow = new("--follow") { Description = "Go on as messages come, until Ctrl-C." };

    public static Command Create(CommandFactory factory)
    {
        var symbols = new MirrorCommand();
        return factory.Create(
            "mirror",
            null,
            "Copy streams, topics, messages, consumer groups and their offsets from another server to this one. Stopped, it goes on where it was.",
            symbols.RunAsync,
            symbols._streams,
            symbols._from,
            symbols._consumers,
            symbols._name,
            symbols._follow).WithExamples(
            "iggy mirror --from 'iggy://iggy:secret@old-server:8090?dialect=classic'            # everything of an Apache Iggy 0.8 server",
            "iggy mirror orders --from iggy://iggy:secret@old-server:8090 --follow              # one stream, until the clients have moved",
            "iggy mirror orders --from iggy://iggy:secret@old-server:8090 --consumer billing");
    }

    private async Task RunAsync(Session session, CancellationToken cancellationToken)
    {
        await using var source = await session.Surroundings.Connect(Connections.Parse(session.Get(_from)!, "--from"), cancellationToken);
        var consumers = (session.Get(_consumers) ?? []).Select(one => new Consumer(ConsumerKind.Single, Identifier.FromText(one))).ToArray();
        var mirror = new ServerMirror(source, session.Client, session.Get(_name) ?? $"mirror-{session.Server}", consumers, session.Surroundings.Clock);
        var topics = new Dictionary<(string, string), MirroredJson>();
        try
        {
            do
            {
                await mirror.RunAsync(session.Get(_streams), one => Add(session, topics, one), cancellationToken);
                if (session.Get(_follow))
                    await Task.Delay(_pause, session.Surroundings.Clock, cancellationToken);
            }
            while (session.Get(_follow));
        }
        catch (OperationCanceledException) when (session.Get(_follow) && cancellationToken.IsCancellationRequested)
        {
            return; // Ctrl-C is how following ends
        }
        if (session.Printer.IsDocument)
            session.Printer.Json([.. topics.Values], CliJson.Default.IReadOnlyListMirroredJson);
        else if (topics.Count == 0)
            session.Printer.Say("There was nothing to copy.");
    }

    private void Add(Session session, Dictionary<(string, string), MirroredJson> topics, MirroredJson one)
    {
        if (session.Get(_follow) && one is { MessagesCount: 0, OffsetsCount: 0 })
            return;
        topics[(one.Stream, one.Topic)] = one;
        session.Printer.Say($"{one.Stream}/{one.Topic}: {one.MessagesCount} messages of {one.PartitionsCount} partitions, {one.GroupsCount} consumer groups, {one.OffsetsCount} offsets.");
    }
}
