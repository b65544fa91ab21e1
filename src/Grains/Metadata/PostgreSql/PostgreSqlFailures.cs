using System.Net.Sockets;
using Npgsql;

namespace Iggy.Grains.Metadata.PostgreSql;

/// <summary>Which failures mean that the database cannot be reached now, rather than that it said no.</summary>
internal static class PostgreSqlFailures
{
    /// <summary>Whether the same call may succeed once the database is back.</summary>
    public static bool IsAway(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            switch (failure)
            {
                case PostgresException said: // it stops, starts, or has no room for a connection: classes 57P, 08 and 53
                    return said.SqlState is ['5', '7', 'P', ..] or ['0', '8', ..] or ['5', '3', ..];
                case NpgsqlException or TimeoutException or SocketException:
                    return true;
            }
        }
        return false;
    }
}
