using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>A session as the newer dialect sees it.</summary>
internal static class VsrSession
{
    extension(Session session)
    {
        /// <summary>The client id that the connection is bound to, or null.</summary>
        public VsrClient? Vsr
        {
            get => session.Binding as VsrClient;
            set => session.Binding = value;
        }

        /// <summary>The session apart from connections that it is bound to in the 0.12 line, or null.</summary>
        public BoundConnection? Bound
        {
            get => session.Binding as BoundConnection;
            set => session.Binding = value;
        }
    }
}
