using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cli;

/// <summary>Why the worker does not start, in one plain sentence and an exit code.</summary>
internal sealed record StartFailure(int ExitCode, string Sentence)
{
    /// <summary>The failure that an exception stands for, or null where it is a defect whose stack should show.</summary>
    public static StartFailure? Explain(Exception exception) => exception switch
    {
        StorageException or BootGateException or PluginsFileException => new(Cli.ExitCode.StartForbidden, exception.Message),
        IOException { InnerException: AddressInUseException } => new(Cli.ExitCode.Failed, $"{exception.Message} Another program listens there: stop it, or choose another address with --urls."),
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AccessDenied or SocketError.AddressNotAvailable } => new(Cli.ExitCode.Failed, $"The worker cannot listen: {exception.Message}. Choose another address with --urls."),
        _ => null,
    };
}
