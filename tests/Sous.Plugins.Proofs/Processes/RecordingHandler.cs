using System.Collections.Concurrent;

namespace Sous.Plugins.Proofs.Processes;

/// <summary>Keeps what one host answered: bodies, and headers but those that carry a secret to the browser by design.</summary>
internal sealed class RecordingHandler(Uri host) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = true, UseProxy = false })
{
    private static readonly string[] ToTheBrowser = ["Location", "Set-Cookie"];

    public ConcurrentQueue<string> Answers { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (request.RequestUri?.Authority == host.Authority)
        {
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            Answers.Enqueue(await response.Content.ReadAsStringAsync(cancellationToken));
            Answers.Enqueue(string.Join('\n', response.Headers.Where(static header => !ToTheBrowser.Contains(header.Key)).SelectMany(static header => header.Value)));
        }

        return response;
    }
}
