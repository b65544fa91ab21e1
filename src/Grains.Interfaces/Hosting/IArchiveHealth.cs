namespace Iggy.Grains.Interfaces.Hosting;

/// <summary>How the backup is doing, where there is one.</summary>
public interface IArchiveHealth
{
    /// <summary>Age of the newest moment that can be restored; 0 without a backup.</summary>
    TimeSpan Lag { get; }

    /// <summary>Whether it is older than it may be.</summary>
    bool IsLate { get; }

    /// <summary>Whether another server of this name has taken the archive over, so that this one's backup has stopped.</summary>
    bool IsFenced { get; }

    /// <summary>Whether messages that are in the archive alone could not be read when they were last asked for.</summary>
    bool IsColdAway { get; }
}
