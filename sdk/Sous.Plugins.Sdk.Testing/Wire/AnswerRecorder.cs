namespace Sous.Plugins.Sdk.Testing.Wire;

/// <summary>Keeps requests with their JSON answers, in the order of the requests.</summary>
internal sealed class AnswerRecorder
{
    private readonly Lock _gate = new();
    private readonly SortedList<int, RecordedAnswer> _answers = [];

    public IReadOnlyList<RecordedAnswer> Answers
    {
        get
        {
            lock (_gate)
            {
                return [.. _answers.Values];
            }
        }
    }

    public async Task<HttpResponseMessage> InterceptAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var response = await exchange.Send().ConfigureAwait(false);
        if (Fault.IsJson(response))
        {
            await response.Content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
            var body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            var headers = string.Join('\n', response.Headers.NonValidated.Select(header => header.Value.ToString()));
            lock (_gate)
            {
                _answers[exchange.Number] = new RecordedAnswer(exchange.Request, body, headers);
            }
        }

        return response;
    }
}
