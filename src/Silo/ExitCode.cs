namespace Iggy.Silo;

/// <summary>What the process answers to whoever started it. The numbers are part of the command line's promise.</summary>
public enum ExitCode
{
    /// <summary>Stopped as asked.</summary>
    Ok = 0,

    /// <summary>Something that nobody foresaw; the log says what.</summary>
    Unexpected = 1,

    /// <summary>The command line, the environment or a file asks for something that is not allowed.</summary>
    Configuration = 2,

    /// <summary>Another server holds the data folder.</summary>
    DataFolderInUse = 3,

    /// <summary>An address cannot be listened on.</summary>
    AddressUnavailable = 4,

    /// <summary>The data folder cannot be opened, written or understood.</summary>
    DataUnusable = 5,

    /// <summary>The archive of a backup cannot be read, or does not have what is asked for.</summary>
    ArchiveUnusable = 6,
}
