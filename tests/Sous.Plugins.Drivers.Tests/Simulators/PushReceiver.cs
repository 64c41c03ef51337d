using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>An address that Google may push to: keeps each message's headers, and its body as <c>body</c>.</summary>
internal sealed class PushReceiver : IAsyncDisposable
{
    private readonly Channel<Dictionary<string, string>> _messages = Channel.CreateUnbounded<Dictionary<string, string>>();
    private LoopbackHost? _host;

    public Uri Address => new(_host!.Address, "/push");

    public static async Task<PushReceiver> StartAsync()
    {
        var receiver = new PushReceiver();
        receiver._host = await LoopbackHost.StartAsync(0, receiver.Map, TestContext.Current.CancellationToken);
        return receiver;
    }

    public async Task<Dictionary<string, string>> NextAsync() => await _messages.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _host!.DisposeAsync();

    private void Map(WebApplication app) => app.Run(async context =>
    {
        var message = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        using var body = new StreamReader(context.Request.Body);
        message["body"] = await body.ReadToEndAsync(context.RequestAborted);
        await _messages.Writer.WriteAsync(message, context.RequestAborted);
    });
}
