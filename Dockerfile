# The service in a container; the same image runs the demo.
FROM python:3.11.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SHOUWANG_HOME=/var/lib/shouwang
WORKDIR /opt/shouwang
COPY requirements.txt .
RUN python -m pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY . .
RUN python -m pip install --no-cache-dir --disable-pip-version-check --no-deps -e . \
 && useradd --system --home-dir /var/lib/shouwang shouwang \
 && install -d -o shouwang -g shouwang -m 0700 /var/lib/shouwang
USER shouwang
VOLUME /var/lib/shouwang
EXPOSE 8000
ENTRYPOINT ["shouwang"]
CMD ["up"]
