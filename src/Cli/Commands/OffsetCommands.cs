using System.CommandLine;
using Iggy.Cli.Help;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Protocol;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy consumer-offset</c>.</summary>
internal static class OffsetCommands
{
    public static Command Create(CommandFactory factory) => CommandFactory.Group(
        "consumer-offset", "o", "See and change how far consumers are.", CreateGet(factory), CreateSet(factory), OffsetChangeCommands.CreateReset(factory), OffsetChangeCommands.CreateDelete(factory)).WithAlias("offset");

    private static Command CreateGet(CommandFactory factory)
    {
        var address = new AddressSymbols();
        return factory.Create(
            "get",
            "g",
            "Show what is stored for a consumer.",
            async (session, cancellationToken) =>
            {
                var offset = await session.Client.GetConsumerOffsetAsync(
                    address.Consumer(session), session.Id(address.Stream), session.Id(address.Topic), session.Get(address.Partition), cancellationToken)
                    ?? throw new CommandException(ExitCode.NotFound, $"Nothing is stored for {address.Describe(session)}.");
                session.Printer.Record(
                    new(offset.PartitionId, offset.CurrentOffset, offset.StoredOffset),
                    CliJson.Default.OffsetJson,
                    new Column<OffsetJson>("Partition ID", one => Texts.Number(one.PartitionId)),
                    new Column<OffsetJson>("Current offset", one => Texts.Number(one.CurrentOffset)),
                    new Column<OffsetJson>("Stored offset", one => Texts.Number(one.StoredOffset)));
            },
            address.All);
    }

    private static Command CreateSet(CommandFactory factory)
    {
        var (address, offset) = (new AddressSymbols(), new Argument<ulong>("OFFSET") { Description = "Offset of the last message handled." });
        return factory.Create(
            "set",
            "s",
            "Store how far a consumer is.",
            async (session, cancellationToken) =>
            {
                await session.Client.StoreConsumerOffsetAsync(
                    address.Consumer(session), session.Id(address.Stream), session.Id(address.Topic), session.Get(address.Partition), session.Get(offset), cancellationToken);
                session.Printer.Say($"Offset {session.Get(offset)} stored for {address.Describe(session)}.");
            },
            [.. address.All, offset]);
    }

    /// <summary>Who and where.</summary>
    private sealed class AddressSymbols
    {
        private readonly Argument<string> _consumer = new("CONSUMER") { Description = "Consumer or group, by id or name." };

        private readonly Option<string> _kind = new("--kind", "-k")
        {
            Description = "consumer or consumer-group. Default: consumer.",
            HelpName = "kind",
            DefaultValueFactory = _ => "consumer",
        };

        public AddressSymbols() => _kind.AcceptOnlyFromAmong("consumer", "consumer-group");

        public Argument<string> Stream { get; } = Arguments.Stream();

        public Argument<string> Topic { get; } = Arguments.Topic();

        public Argument<uint> Partition { get; } = Arguments.Partition();

        public Symbol[] All => [_consumer, Stream, Topic, Partition, _kind];

        public Consumer Consumer(Session session) =>
            new(session.Get(_kind) == "consumer-group" ? ConsumerKind.Group : ConsumerKind.Single, session.Id(_consumer));

        public string Describe(Session session) =>
            $"{session.Get(_kind)} {session.Get(_consumer)}, partition {session.Get(Partition)} of topic {session.Get(Topic)} of stream {session.Get(Stream)}";
    }
}
