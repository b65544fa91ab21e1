using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Iggy.Grains.Options;

/// <summary>Where the server keeps what it knows of streams, topics and users. Section <c>Iggy:Metadata</c>. Messages and stored offsets are never there.</summary>
public sealed class MetadataOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Metadata";

    /// <summary><c>Sqlite</c>, the file <c>metadata.db</c> in the data folder, or <c>PostgreSql</c>, a database of its own. Default <c>Sqlite</c>. What is there is
    /// brought along by <c>iggy-server metadata copy</c>.</summary>
    [EnumDataType(typeof(MetadataStoreKind))]
    public MetadataStoreKind Store { get; set; } = MetadataStoreKind.Sqlite;

    /// <summary>How PostgreSQL is reached, such as <c>Host=db;Database=iggy;Username=iggy;Password=...</c>. Never shown. Needed with <c>PostgreSql</c>, else left
    /// out. Without a password in it the variable <c>PGPASSWORD</c> is asked.</summary>
    public string? ConnectionString { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Store is MetadataStoreKind.Sqlite)
        {
            return string.IsNullOrWhiteSpace(ConnectionString) ? []
                : [Wrong($"{Section}:{nameof(ConnectionString)} is given, but {Section}:{nameof(Store)} is Sqlite; allowed: one of both only.")];
        }
        return IsConnectionString(ConnectionString) ? []
            : [Wrong($"{Section}:{nameof(ConnectionString)} is missing or not as it should be; allowed: Host=...;Database=...;Username=...;Password=...")];
    }

    /// <summary>Whether a text says how PostgreSQL is reached.</summary>
    public static bool IsConnectionString(string? text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text) is { Host.Length: > 0, Database.Length: > 0 };
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static ValidationResult Wrong(string message) => new(message, [nameof(ConnectionString)]);
}

/// <summary>Where metadata can be kept.</summary>
public enum MetadataStoreKind
{
    /// <summary>A file in the data folder.</summary>
    Sqlite,

    /// <summary>A database of a PostgreSQL server.</summary>
    PostgreSql,
}

[OptionsValidator]
internal sealed partial class MetadataOptionsValidator : IValidateOptions<MetadataOptions>;
