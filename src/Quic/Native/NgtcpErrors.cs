namespace Iggy.Quic.Native;

/// <summary>The calls on errors and ends of streams whose name or shape differs between the two releases.</summary>
internal static unsafe class NgtcpErrors
{
    private static readonly bool _isOld = NgtcpLibrary.Layout == NgtcpLayout.Release0;

    public static void SetLibraryError(NgtcpCloseReason* reason, int error)
    {
        if (_isOld)
            Ngtcp.SetLibraryErrorOld(reason, error, null, 0);
        else
            Ngtcp.SetLibraryErrorNew(reason, error, null, 0);
    }

    public static void SetTlsAlert(NgtcpCloseReason* reason, byte alert)
    {
        if (_isOld)
            Ngtcp.SetTlsAlertOld(reason, alert, null, 0);
        else
            Ngtcp.SetTlsAlertNew(reason, alert, null, 0);
    }

    public static void SetApplication(NgtcpCloseReason* reason, ulong code)
    {
        if (_isOld)
            Ngtcp.SetApplicationErrorOld(reason, code, null, 0);
        else
            Ngtcp.SetApplicationErrorNew(reason, code, null, 0);
    }

    /// <summary>Asks the peer to stop sending on a stream.</summary>
    public static int ShutdownRead(nint connection, long stream, ulong code) =>
        _isOld ? Ngtcp.ShutdownReadOld(connection, stream, code) : Ngtcp.ShutdownReadNew(connection, 0, stream, code);

    /// <summary>Takes back what was not finished.</summary>
    public static int ShutdownWrite(nint connection, long stream, ulong code) =>
        _isOld ? Ngtcp.ShutdownWriteOld(connection, stream, code) : Ngtcp.ShutdownWriteNew(connection, 0, stream, code);

    /// <summary>What the peer said when it closed, for people.</summary>
    public static string CloseText(nint connection)
    {
        NgtcpCloseReason reason = default;
        if (_isOld)
            Ngtcp.GetCloseReasonOld(connection, &reason);
        else
            reason = *Ngtcp.GetCloseReasonNew(connection);
        return reason.Kind switch
        {
            0 when reason.Code == 0 => "",
            0 => $" (transport error 0x{reason.Code:x})",
            _ => $" (code {reason.Code})",
        };
    }
}
