namespace Iggy.Grains.Metadata;

/// <summary>What a check has to know of the store it looks into.</summary>
/// <param name="Name">For messages.</param>
/// <param name="WhatToDo">The last sentences of a message that tells of damage.</param>
/// <param name="Restore">The last sentences of one that tells of a state that is too old.</param>
/// <param name="IsNamed">Whether any row holds the text <c>@Topic</c>.</param>
internal sealed record MetadataPlace(string Name, string WhatToDo, string Restore, string IsNamed)
{
    public static MetadataPlace Sqlite(string path) => new(path, MetadataCheck.WhatToDo,
        "Restore metadata.db from a later backup, or move these folders out of partitions to start without them.",
        "SELECT EXISTS (SELECT 1 FROM GrainState WHERE instr(CAST(Payload AS TEXT), @Topic))");

    public static MetadataPlace PostgreSql(string name) => new(name,
        "Restore the database from a backup. To begin without what it knew, move the folder partitions away and take an empty database.",
        "Restore the database from a later backup, or move these folders out of partitions to start without them.",
        "SELECT EXISTS (SELECT 1 FROM GrainState WHERE position(convert_to(@Topic, 'UTF8') in Payload) > 0)");
}
